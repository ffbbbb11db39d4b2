/** The way to the database: one HTTP request, others only where it did nothing, and one deadline for all of them. */

import type { Env } from "../env.ts";
import { nothingWasDone, pauses, TOO_MANY_REQUESTS } from "./busy.ts";
import { batching, decodeRows, decodeSteps, executing, type Rows, type StatementError, type Step, type Steps } from "./hrana.ts";

const DEADLINE_MS = 5_000;

/**
 * - `unavailable`: no answer in time, or one that asks to come back later
 * - `unexpected`: an answer outside the protocol
 * - `constraint`: a constraint of the schema stopped the statement
 * - `refused`: it understood and said no: our token, or our SQL
 */
export type FailureKind = "unavailable" | "unexpected" | "constraint" | "refused";

/** `message` is for the log: it may name tables and columns, never values. */
export class DatabaseFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message);
  }
}

/** What the request's trips took. */
export interface Trip {
  readonly ms: number;
  readonly rowsRead: number;
}

export class Database {
  trip: Trip | null = null;
  /** From first sending the statements to the last byte of their results. */
  deadlineMs = DEADLINE_MS;
  readonly #env: Pick<Env, "DATABASE_URL" | "DATABASE_TOKEN">;

  constructor(env: Pick<Env, "DATABASE_URL" | "DATABASE_TOKEN">) {
    this.#env = env;
  }

  /** Runs one encoded statement. Throws DatabaseFailure. */
  async execute(statement: string): Promise<Rows> {
    return this.#timed(async () => {
      const rows = await this.#ask(executing(statement), decodeRows);
      return [rows, rows.rowsRead];
    });
  }

  /** Runs the steps whose conditions hold. Throws DatabaseFailure where the batch as a whole fails. */
  async batch(steps: readonly Step[]): Promise<Steps> {
    return this.#timed(async () => {
      const done = await this.#ask(batching(steps), decodeSteps);
      return [done, done.reduce((sum, step) => sum + (step !== null && "rows" in step ? step.rowsRead : 0), 0)];
    });
  }

  async #timed<T>(run: () => Promise<readonly [result: T, rowsRead: number]>): Promise<T> {
    const started = performance.now();
    let rowsRead = 0;
    try {
      const [result, read] = await run();
      rowsRead = read;
      return result;
    } finally {
      const before = this.trip ?? { ms: 0, rowsRead: 0 };
      this.trip = { ms: before.ms + performance.now() - started, rowsRead: before.rowsRead + rowsRead };
    }
  }

  async #ask<T extends Rows | Steps>(body: string, decode: (answer: unknown) => T | StatementError): Promise<T> {
    const signal = AbortSignal.timeout(this.deadlineMs);
    const again = pauses(Date.now() + this.deadlineMs);
    for (;;) {
      const answer = await this.#send(body, decode, signal);
      const pause = nothingWasDone(answer) ? again.next().value : undefined;
      if (pause !== undefined) {
        await scheduler.wait(pause);
      } else if ("code" in answer) {
        throw failureOf(answer);
      } else {
        return answer;
      }
    }
  }

  async #send<T>(body: string, decode: (answer: unknown) => T | StatementError, signal: AbortSignal): Promise<T | StatementError> {
    const { status, text } = await this.#post(body, signal).catch((error: unknown) => {
      throw new DatabaseFailure("unavailable", signal.aborted ? `no answer in ${this.deadlineMs} ms` : String(error));
    });
    if (status === 429) {
      return TOO_MANY_REQUESTS;
    }
    if (status !== 200) {
      throw new DatabaseFailure(kindOfStatus(status), `HTTP ${status}`);
    }
    try {
      return decode(JSON.parse(text));
    } catch (error) {
      throw new DatabaseFailure("unexpected", String(error));
    }
  }

  async #post(body: string, signal: AbortSignal): Promise<{ status: number; text: string }> {
    const response = await fetch(`${this.#env.DATABASE_URL}/v2/pipeline`, {
      method: "POST",
      headers: { authorization: `Bearer ${this.#env.DATABASE_TOKEN}`, "content-type": "application/json" },
      body,
      // Following one would carry the token to another host.
      redirect: "manual",
      signal,
    });
    return { status: response.status, text: await response.text() };
  }
}

export function failureOf({ code, message }: StatementError): DatabaseFailure {
  return new DatabaseFailure(kindOfCode(code), `${code}: ${message}`);
}

function kindOfStatus(status: number): FailureKind {
  if (status >= 500) {
    return "unavailable";
  }
  return status === 401 || status === 403 ? "refused" : "unexpected";
}

/** BLOCKED: the database's owner has blocked reads or writes. A full disk is an I/O error to libsql-server (2026-11-26). */
function kindOfCode(code: string): FailureKind {
  if (code.startsWith("SQLITE_CONSTRAINT")) {
    return "constraint";
  }
  const passing = /^(SQLITE_BUSY|SQLITE_FULL|SQLITE_IOERR|BLOCKED$|HTTP 429$)/.test(code);
  return passing ? "unavailable" : "refused";
}
