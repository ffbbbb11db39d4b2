/**
 * Shadows: a share of a route's reads is answered by the other tier as well, after the person has the answer, and both
 * are compared. Whatever a shadow does, the answer is out already.
 */

import { conditional } from "../cache/conditional.ts";
import type { Env } from "../env.ts";
import type { Exchange, Handler } from "../exchange.ts";
import { executeHere } from "../execute/here.ts";
import { forward } from "../forward/proxy.ts";
import { pipelined } from "../limit/redis.ts";
import { writeLog } from "../log.ts";
import { isProblem, problemResponse } from "../problem.ts";
import { type Answer, differences } from "./differences.ts";
import { type Outcome, type Sample, Tally } from "./tally.ts";
import { isOpen } from "./way.ts";

export type Side = "edge" | "server";

const MOST_AT_ONCE = 4;
const MOST_BYTES = 256 * 1024;
const DEADLINE_MS = 3_000;
/** What is found within this time is written down together. */
const TOGETHER_MS = 1_000;

const tally = new Tally();
let running = 0;

const tiers: Readonly<Record<Side, Handler>> = { edge: executeHere, server: forward };
const other: Readonly<Record<Side, Side>> = { edge: "server", server: "edge" };

/** The answer of `handler`, which is `side`'s. Where the request is one of `percentage`, the other tier answers too. */
export async function shadowed(
  exchange: Exchange,
  side: Side,
  percentage: number,
  handler: Handler,
): Promise<Response> {
  const compares = exchange.request.method === "GET" && Math.random() * 100 < percentage;
  if (!compares) {
    return handler(exchange);
  }
  try {
    const response = await handler(exchange);
    shadow(exchange, response, side);
    return response;
  } catch (error) {
    if (isProblem(error)) {
      shadow(exchange, problemResponse(error, exchange.id), side);
    }
    throw error;
  }
}

function shadow(exchange: Exchange, served: Response, side: Side): void {
  const { name } = exchange.route.declared;
  // One of the tiers is known to be unable.
  if (!isOpen() || exchange.placing.fallback !== null) {
    return;
  }
  if (running >= MOST_AT_ONCE) {
    tally.add(name, "skipped");
    return;
  }
  running += 1;
  const copy = served.clone();
  const work = compared(exchange, copy, side).finally(() => (running -= 1));
  const found = Promise.race([work, scheduler.wait(DEADLINE_MS).then((): Found => ({ outcome: "late" }))]);
  exchange.afterwards.waitUntil(work);
  exchange.afterwards.waitUntil(
    found.then(({ outcome, sample }) => {
      tally.add(name, outcome, sample);
      return writeDown(exchange.env);
    }),
  );
}

interface Found {
  readonly outcome: Outcome;
  readonly sample?: Sample;
}

/** Never throws. */
async function compared(exchange: Exchange, copy: Response, side: Side): Promise<Found> {
  try {
    const served = await read(await conditional(exchange, async () => copy));
    const shadowed = await answered(exchange, other[side]);
    if (served === null || shadowed === null) {
      return { outcome: "skipped" };
    }
    if (differences(served, shadowed).length === 0) {
      return { outcome: "same" };
    }
    return await again(exchange, side);
  } catch (error) {
    writeLog({ event: "shadow", id: exchange.id, route: exchange.label, failure: String(error) });
    return { outcome: "failed" };
  }
}

/** Between the two answers somebody may have written: both tiers at the same time differ only if they really do. */
async function again(exchange: Exchange, side: Side): Promise<Found> {
  const [served, shadowed] = await Promise.all([answered(exchange, side), answered(exchange, other[side])]);
  if (served === null || shadowed === null) {
    return { outcome: "skipped" };
  }
  const found = differences(served, shadowed);
  return found.length === 0
    ? { outcome: "changed" }
    : {
        outcome: "different",
        sample: { at: Date.now(), request: exchange.id, served: side, differences: found },
      };
}

/** A tier's answer to the same request. Throws where it fails. */
async function answered(exchange: Exchange, side: Side): Promise<Answer | null> {
  const fork = exchange.fork();
  const response = await conditional(fork, tiers[side]).catch((error: unknown) => {
    if (isProblem(error)) {
      return problemResponse(error, fork.id);
    }
    throw error;
  });
  return read(response);
}

/** Null for one that is too large to compare. */
async function read(response: Response): Promise<Answer | null> {
  const chunks: string[] = [];
  const text = new TextDecoder();
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > MOST_BYTES) {
      return null;
    }
    chunks.push(text.decode(chunk, { stream: true }));
  }
  return { status: response.status, headers: response.headers, body: chunks.join("") };
}

let writing = false;

async function writeDown({ REDIS_URL, REDIS_TOKEN }: Env): Promise<void> {
  if (writing || REDIS_URL === undefined || REDIS_TOKEN === undefined) {
    return;
  }
  writing = true;
  await scheduler.wait(TOGETHER_MS);
  writing = false;
  try {
    await pipelined({ REDIS_URL, REDIS_TOKEN }, tally.take());
  } catch (error) {
    writeLog({ event: "shadow", failure: `what was found is lost: ${String(error)}` });
  }
}
