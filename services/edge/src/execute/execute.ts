/** Runs an SQL route: one trip, whether it is one statement or a transaction, and writes the answer. */

import type { Exchange } from "../exchange.ts";
import { encodeBase64url } from "../base64url.ts";
import type { Input } from "../input/input.ts";
import type { Sql } from "../manifest.ts";
import { Problem } from "../problem.ts";
import { AnswerWriter, type Page } from "./answer.ts";
import { DatabaseFailure, failureOf } from "./database.ts";
import { fingerprintOf, keeping, keyOf } from "./idempotency.ts";
import { encoder, type Rows, type Step, type Steps } from "./hrana.ts";
import { binder, Generated, type Sources } from "./statements.ts";

export type SqlRun = (exchange: Exchange) => Promise<Response>;

export function compileSql(sql: Sql, route: string): SqlRun {
  const writer = new AnswerWriter(sql.answer);
  const run = runner(sql, route);
  return async (exchange) => {
    const { input } = exchange;
    if (input === null) {
      throw new TypeError(`route ${route}: its input was not read`);
    }
    const rows = await run(exchange, input).catch((error: unknown) => {
      throw sql.conflict !== null && error instanceof DatabaseFailure && error.kind === "constraint"
        ? new Problem(409, sql.conflict)
        : error;
    });
    return respond(exchange, sql.answer.status, pageOf(sql, writer, rows, input));
  };
}

type Run = (exchange: Exchange, input: Input) => Promise<Rows>;

function runner(sql: Sql, route: string): Run {
  const { statements, answer, repeatable } = sql;
  const bind = statements.map((statement) => binder(statement, answer.limit));
  const repeat = repeatable === null ? null : binder(repeatable, answer.limit);
  const only = bind.length === 1 ? bind[0] : undefined;
  return async (exchange, input) => {
    const key = repeat === null ? null : keyOf(exchange.request);
    const idempotency = key === null ? null : { route, key };
    const sources = { input, session: exchange.session, generated: new Generated(), idempotency };
    if (idempotency !== null && repeat !== null) {
      const statements = bind.map((each, index) => (index === answer.statement ? repeat(sources) : each(sources)));
      return once(exchange, statements, answer.statement, sources);
    }
    if (only !== undefined) {
      return exchange.database.execute(only(sources));
    }
    const reads = exchange.route.method === "GET";
    return transaction(exchange, bind.map((each) => each(sources)), answer.statement, reads);
  };
}

const plain = (sql: string): string => encoder(sql, [])([]);
const BEGIN = { reading: plain("begin"), writing: plain("begin immediate") };
const COMMIT = plain("commit");
const ROLLBACK = plain("rollback");

const ok = (step: number): string => `{"type":"ok","step":${step}}`;
const failed = (step: number): string => `{"type":"error","step":${step}}`;
const not = (condition: string): string => `{"type":"not","cond":${condition}}`;
const and = (...conditions: string[]): string => `{"type":"and","conds":[${conditions.join(",")}]}`;
const or = (...conditions: string[]): string => `{"type":"or","conds":[${conditions.join(",")}]}`;

/** Each statement runs if the one before it did; the last one's success commits, anything else rolls back. */
async function transaction(exchange: Exchange, statements: readonly string[], answer: number, reads: boolean): Promise<Rows> {
  const steps: Step[] = [{ statement: reads ? BEGIN.reading : BEGIN.writing, condition: null }];
  for (const statement of statements) {
    steps.push({ statement, condition: ok(steps.length - 1) });
  }
  const done = await exchange.database.batch(committing(steps));
  return rowsOf(done, 1 + answer);
}

/** As `transaction`, but a key that was kept before skips all statements but the answer's, which comes last. */
async function once(exchange: Exchange, statements: readonly string[], answer: number, sources: Sources): Promise<Rows> {
  const fingerprint = await fingerprintOf(exchange);
  const { insert, select } = keeping(sources, fingerprint);
  const [KEPT, KNOWN] = [1, 2];
  const steps: Step[] = [
    { statement: BEGIN.writing, condition: null },
    { statement: insert, condition: ok(0) },
    { statement: select, condition: ok(0) },
  ];
  for (const statement of statements.slice(0, answer)) {
    const former = steps.length - 1;
    steps.push({ statement, condition: former === KNOWN ? ok(KEPT) : and(ok(KEPT), ok(former)) });
  }
  const writes = steps.length > KNOWN + 1 ? ok(steps.length - 1) : ok(KEPT);
  steps.push({ statement: statements[answer] as string, condition: and(ok(KNOWN), or(failed(KEPT), writes)) });
  const done = await exchange.database.batch(committing(steps));
  return repeated(done, fingerprint, steps.length - 1);
}

function repeated(done: Steps, fingerprint: string, answer: number): Rows {
  const [begun, kept, known] = done;
  if (begun && kept && "code" in kept && failureOf(kept).kind === "constraint" && known && "rows" in known) {
    const first = known.rows[0]?.[0];
    if (first?.type !== "text" || first.value !== fingerprint) {
      throw new Problem(422, "This Idempotency-Key was used for another request.");
    }
    return rowsOf([begun, null, ...done.slice(2)], answer);
  }
  return rowsOf(done, answer);
}

function committing(steps: readonly Step[]): readonly Step[] {
  const last = steps.length - 1;
  return [
    ...steps,
    { statement: COMMIT, condition: ok(last) },
    { statement: ROLLBACK, condition: and(ok(0), not(ok(last + 1))) },
  ];
}

/** The rows of one step of a transaction that was committed. Throws DatabaseFailure for the first step that failed. */
function rowsOf(done: Steps, step: number): Rows {
  for (const each of done) {
    if (each !== null && "code" in each) {
      throw failureOf(each);
    }
  }
  const rows = done[step] ?? null;
  const committed = done.at(-2) ?? null;
  if (rows === null || !("rows" in rows) || committed === null) {
    throw new DatabaseFailure("unexpected", "the batch was not committed");
  }
  return rows;
}

/** Throws Problem 404 where there is nothing to answer with. */
function pageOf({ answer }: Sql, writer: AnswerWriter, rows: Rows, input: Input): Page | null {
  switch (answer.kind) {
    case "many":
      return writer.many(rows, answer.limit === null ? null : Number(input.query[answer.limit]));
    case "none":
      if (answer.missing !== null && rows.changed === 0) {
        throw new Problem(404, answer.missing);
      }
      return null;
    case "one": {
      const page = writer.one(rows);
      if (page === null) {
        throw answer.missing === null ? new TypeError("no row to answer with") : new Problem(404, answer.missing);
      }
      return page;
    }
  }
}

async function respond({ route }: Exchange, status: number, page: Page | null): Promise<Response> {
  const reads = route.method === "GET";
  const headers: Record<string, string> = { "cache-control": reads ? cacheControl(route.declared.access.kind) : "no-store" };
  if (page === null) {
    return new Response(null, { status, headers });
  }
  headers["content-type"] = "application/json";
  if (page.location !== null) {
    headers["location"] = page.location;
  }
  if (!reads || status !== 200) {
    return new Response(page.body, { status, headers });
  }
  const bytes = utf8.encode(page.body);
  headers["etag"] = await etagOf(bytes);
  return new Response(bytes, { status, headers });
}

/** Others' caches may not keep what a session was needed for. */
function cacheControl(access: "public" | "session" | "member"): string {
  return access === "public" ? "no-cache" : "private, no-cache";
}

const utf8 = new TextEncoder();
const ETAG_CHARACTERS = 22;

async function etagOf(bytes: Uint8Array): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return `"${encodeBase64url(digest).slice(0, ETAG_CHARACTERS)}"`;
}
