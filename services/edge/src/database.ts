/** The way to the database: one statement, one HTTP request, one deadline. */

import type { Env } from "./env.ts";
import { decodePipeline, encodePipeline, type Result, type Statement } from "./hrana.ts";

/** From sending the statement to the last byte of its result. */
const DEADLINE_MS = 5_000;

/**
 * - `unavailable`: no answer in time, or one that asks to come back later
 * - `unexpected`: an answer outside the protocol
 * - `refused`: it understood and said no: our token, or our SQL
 */
export type FailureKind = "unavailable" | "unexpected" | "refused";

/** `message` is for the log: it may name tables and columns, never values. */
export class DatabaseFailure extends Error {
  constructor(
    readonly kind: FailureKind,
    message: string,
  ) {
    super(message);
  }
}

/** What the last statement took. */
export interface Trip {
  readonly ms: number;
  readonly rowsRead: number;
}

export class Database {
  trip: Trip | null = null;
  readonly #env: Pick<Env, "DATABASE_URL" | "DATABASE_TOKEN">;

  constructor(env: Pick<Env, "DATABASE_URL" | "DATABASE_TOKEN">) {
    this.#env = env;
  }

  /** Runs one statement. Throws DatabaseFailure. */
  async execute(statement: Statement): Promise<Result> {
    const started = performance.now();
    let rowsRead = 0;
    try {
      const result = interpret(await this.#send(encodePipeline(statement)));
      rowsRead = result.rowsRead;
      return result;
    } finally {
      this.trip = { ms: performance.now() - started, rowsRead };
    }
  }

  async #send(body: string): Promise<unknown> {
    const signal = AbortSignal.timeout(DEADLINE_MS);
    const { status, text } = await this.#post(body, signal).catch((error: unknown) => {
      throw new DatabaseFailure("unavailable", signal.aborted ? `no answer in ${DEADLINE_MS} ms` : String(error));
    });
    if (status !== 200) {
      throw new DatabaseFailure(kindOfStatus(status), `HTTP ${status}`);
    }
    try {
      return JSON.parse(text);
    } catch {
      throw new DatabaseFailure("unexpected", "the answer is not JSON");
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

function interpret(answer: unknown): Result {
  let decoded;
  try {
    decoded = decodePipeline(answer);
  } catch (error) {
    throw new DatabaseFailure("unexpected", String(error));
  }
  if ("code" in decoded) {
    throw new DatabaseFailure(kindOfCode(decoded.code), `${decoded.code}: ${decoded.message}`);
  }
  return decoded;
}

function kindOfStatus(status: number): FailureKind {
  if (status === 429 || status >= 500) {
    return "unavailable";
  }
  return status === 401 || status === 403 ? "refused" : "unexpected";
}

/** BLOCKED: the database's owner has blocked reads or writes. */
function kindOfCode(code: string): FailureKind {
  return code.startsWith("SQLITE_BUSY") || code === "BLOCKED" ? "unavailable" : "refused";
}
