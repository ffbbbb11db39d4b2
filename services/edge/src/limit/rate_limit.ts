/** How often somebody may ask: a sliding window in Redis, one trip for all of a route's limits. */

import script from "../../../contract/sliding-window.lua";

import { isSafe } from "../access/access.ts";
import type { Env } from "../env.ts";
import type { Exchange, Stage } from "../exchange.ts";
import { RETRY } from "../failures.ts";
import { writeLog } from "../log.ts";
import type { RateLimit } from "../manifest.ts";
import { Problem } from "../problem.ts";
import { command } from "./redis.ts";
import { subjectOf } from "./subject.ts";

export const rateLimit: Stage = async (exchange, next) => {
  const { rateLimits, run } = exchange.route.declared;
  if (rateLimits.length === 0) {
    return next(exchange);
  }
  const keys = rateLimits.map((limit) => `limit:${limit.name}:${subjectOf(exchange, limit)}`);
  const known = Math.max(...keys.map((key) => blocked.wait(key)));
  if (known > 0) {
    throw tooMany(known);
  }
  const counted = count(exchange, rateLimits, keys);
  if (!isSafe(exchange.request.method) || run.kind === "websocket") {
    await counted;
    return next(exchange);
  }
  // A read costs nothing but itself: it runs beside the count, and is dropped where that refuses.
  const answer = next(exchange);
  try {
    await counted;
  } catch (error) {
    answer.then((response) => response.body?.cancel()).catch(() => undefined);
    throw error;
  }
  return answer;
};

/** Throws Problem 429, or 503 where nothing can be counted and a limit doesn't allow that. */
async function count({ env, id }: Exchange, limits: readonly RateLimit[], keys: readonly string[]): Promise<void> {
  const refuses = limits.some(({ whenDown }) => whenDown === "refuse");
  const waits = await waitsOf(env, limits, keys, refuses).catch((error: unknown) => {
    writeLog({ event: "rate-limit", id, failure: String(error) });
    return null;
  });
  if (waits === null) {
    if (refuses) {
      throw new Problem(503, "Requests can't be counted right now. Try again shortly.", RETRY);
    }
    return;
  }
  const longest = Math.max(...waits);
  if (longest > 0) {
    keys.forEach((key, index) => blocked.add(key, waits[index] ?? 0));
    throw tooMany(longest);
  }
}

/** For how long an isolate doesn't ask a Redis that didn't answer, where it can do without. */
const PAUSE_MS = 1_000;
let pausedUntil = 0;

/** Where nothing can be done without Redis: a late answer is better than a refusal. */
const PATIENT_MS = 2_000;

/** Milliseconds to wait, by limit; null while Redis is not asked. Throws where it doesn't answer. */
async function waitsOf(
  env: Env,
  limits: readonly RateLimit[],
  keys: readonly string[],
  needed: boolean,
): Promise<readonly number[] | null> {
  const { REDIS_URL, REDIS_TOKEN } = env;
  if (REDIS_URL === undefined || REDIS_TOKEN === undefined || (!needed && Date.now() < pausedUntil)) {
    return null;
  }
  const windows = limits.flatMap(({ limit, seconds }) => [limit, seconds * 1000]);
  try {
    const words = ["EVAL", script, keys.length, ...keys, Date.now(), ...windows];
    const deadline = needed ? PATIENT_MS : undefined;
    return ((await command({ REDIS_URL, REDIS_TOKEN }, words, deadline)) as unknown[]).map(Number);
  } catch (error) {
    pausedUntil = Date.now() + PAUSE_MS;
    throw error;
  }
}

/** Who is known to have to wait, in this isolate: refused without a trip. */
class Blocked {
  readonly #until = new Map<string, number>();

  /** Milliseconds. */
  wait(key: string): number {
    const until = this.#until.get(key);
    return until === undefined ? 0 : Math.max(0, until - Date.now());
  }

  add(key: string, wait: number): void {
    if (wait === 0) {
      return;
    }
    this.#until.delete(key);
    this.#until.set(key, Date.now() + wait);
    const [oldest] = this.#until.keys();
    if (this.#until.size > MOST_BLOCKED && oldest !== undefined) {
      this.#until.delete(oldest);
    }
  }
}

const MOST_BLOCKED = 10_000;
const blocked = new Blocked();

function tooMany(wait: number): Problem {
  const seconds = Math.ceil(wait / 1000);
  return new Problem(429, `Too many requests. Try again in ${seconds} s.`, {
    headers: { "retry-after": String(seconds) },
  });
}
