/**
 * Answers kept in this data centre. How old one may get is ours to tell: the platform's cache knows nothing of stale
 * answers, and what it forgets it forgets in one data centre only. So an answer is at most `seconds` + `staleSeconds`
 * old in another one.
 */

import type { Exchange, Handler, Stage } from "../exchange.ts";
import { failureForLog } from "../failures.ts";
import { writeLog } from "../log.ts";
import type { CacheRule } from "../manifest.ts";
import { isProblem } from "../problem.ts";
import { find, keep, type Entry } from "./entries.ts";
import { current, renew } from "./generations.ts";
import { keyOf, scopeOf } from "./key.ts";

export const responseCache: Stage = async (exchange, next) => {
  const { cache, invalidates } = exchange.route.declared;
  if (cache !== null && !exchange.membershipOpen) {
    return cached(exchange, cache, next);
  }
  return invalidates.length === 0 ? next(exchange) : invalidating(exchange, invalidates, next);
};

/** Before the answer, so that who wrote reads it at once. Also after a failure: the write may have happened. */
async function invalidating(exchange: Exchange, tags: readonly string[], next: Handler): Promise<Response> {
  let response;
  try {
    response = await next(exchange);
  } catch (error) {
    if (!isProblem(error)) {
      await renew(scopeOf(exchange), tags);
    }
    throw error;
  }
  if (response.ok) {
    await renew(scopeOf(exchange), tags);
  }
  return response;
}

async function cached(exchange: Exchange, rule: CacheRule, next: Handler): Promise<Response> {
  const key = keyOf(exchange, rule);
  const [entry, generations] = await Promise.all([find(key), current(scopeOf(exchange), rule.tags)]);
  const kept: Kept = { key, generations, rule };
  if (entry === null || entry.age > rule.seconds + rule.staleSeconds) {
    return miss(exchange, kept, next);
  }
  if (entry.generations !== generations) {
    return miss(exchange, kept, next, entry);
  }
  if (entry.age <= rule.seconds) {
    return served(entry, "hit");
  }
  refresh(exchange, kept, next);
  return served(entry, "stale");
}

/** Where an answer goes; `generations` as they were before it was made. */
interface Kept {
  readonly key: string;
  readonly generations: string;
  readonly rule: CacheRule;
}

/** `old`: what answers if no new answer can be had. */
async function miss(exchange: Exchange, kept: Kept, next: Handler, old?: Entry): Promise<Response> {
  let response;
  try {
    response = await next(exchange);
  } catch (error) {
    if (old === undefined || (isProblem(error) && error.status < 500)) {
      throw error;
    }
    exchange.failure = failureForLog(error);
    return served(old, "stale");
  }
  if (response.status >= 500 && old !== undefined) {
    await response.body?.cancel();
    return served(old, "stale");
  }
  store(exchange, kept, response);
  response.headers.set("x-cache", "miss");
  return response;
}

/** Keys whose answers are being made anew in this isolate. */
const refreshing = new Set<string>();

/** Makes a new answer after the old one has gone out. */
function refresh(exchange: Exchange, kept: Kept, next: Handler): void {
  if (refreshing.has(kept.key)) {
    return;
  }
  refreshing.add(kept.key);
  const fork = exchange.fork();
  const work = next(fork)
    .then((response) => store(fork, kept, response))
    .catch((error: unknown) => {
      const failure = failureForLog(error) ?? String(error);
      writeLog({ event: "refresh", id: exchange.id, route: exchange.label, failure });
    })
    .finally(() => refreshing.delete(kept.key));
  exchange.afterwards.waitUntil(work);
}

function store(exchange: Exchange, { key, generations, rule }: Kept, response: Response): void {
  const whole = response.status === 200 && exchange.request.method === "GET";
  if (whole && !response.headers.has("set-cookie")) {
    const lifetime = rule.seconds + rule.staleSeconds;
    exchange.afterwards.waitUntil(keep(key, response.clone(), generations, lifetime));
  }
}

function served({ response, age }: Entry, state: "hit" | "stale"): Response {
  response.headers.set("x-cache", state);
  response.headers.set("age", String(Math.floor(age)));
  return response;
}
