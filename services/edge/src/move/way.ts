/** The edge's own way to an answer, and what happens where it is broken: the server answers. */

import { isSafe } from "../access/access.ts";
import type { Exchange } from "../exchange.ts";
import { Database, DatabaseFailure } from "../execute/database.ts";
import { executeHere } from "../execute/here.ts";
import { encoder } from "../execute/hrana.ts";
import { forward } from "../forward/proxy.ts";
import { UpstreamFailure } from "../forward/upstream.ts";
import { Breaker } from "./breaker.ts";

/** Nobody waits longer for the database where the server can answer instead. */
const DEADLINE_MS = 2_000;

const breaker = new Breaker();

/** Whether requests take the edge's way. */
export function isOpen(): boolean {
  return breaker.closed;
}

/** Throws what `executeHere` and `forward` throw. */
export async function answerHere(exchange: Exchange): Promise<Response> {
  if (!exchange.route.placed.fallback) {
    return executeHere(exchange);
  }
  if (!breaker.closed) {
    probe(exchange);
    // Nothing was tried here: the server may have any request.
    exchange.placing.fallback = "breaker open";
    return forward(exchange);
  }
  const { database } = exchange;
  const mayRepeat = isSafe(exchange.request.method) || isKeyed(exchange);
  if (mayRepeat) {
    database.deadlineMs = DEADLINE_MS;
  }
  try {
    const response = await executeHere(exchange);
    breaker.report(true, Date.now());
    return response;
  } catch (error) {
    const broken = isBroken(error);
    breaker.report(!broken, Date.now());
    if (!broken || !mayRepeat) {
      throw error;
    }
    exchange.placing.fallback = `database ${error.kind}: ${error.message}`;
    return instead(exchange, error);
  }
}

/** The server's answer; where there is none, the database's failure is the one to tell. */
async function instead(exchange: Exchange, failure: DatabaseFailure): Promise<Response> {
  try {
    return await forward(exchange);
  } catch (error) {
    throw error instanceof UpstreamFailure ? failure : error;
  }
}

/** A write that the server knows to be the same one, should it have happened already. */
function isKeyed({ request, route }: Exchange): boolean {
  return route.declared.idempotent && request.headers.has("idempotency-key");
}

/** The way is broken, not the request. */
function isBroken(error: unknown): error is DatabaseFailure {
  return error instanceof DatabaseFailure && (error.kind === "unavailable" || error.kind === "unexpected");
}

const PROBE = encoder("select 1", [])([]);

/** Finds out beside somebody's request whether the way is back. */
function probe({ env, afterwards }: Exchange): void {
  if (!breaker.probing(Date.now())) {
    return;
  }
  const database = new Database(env);
  database.deadlineMs = DEADLINE_MS;
  const probed = database.execute(PROBE).then(
    () => breaker.probed(true, Date.now()),
    () => breaker.probed(false, Date.now()),
  );
  afterwards.waitUntil(probed);
}
