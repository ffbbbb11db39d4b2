/** Redis over its REST API: one HTTP request, a short deadline. */

import type { Env } from "../env.ts";

/** What waits for Redis is a request on its way: better an answer without it than none. */
const DEADLINE_MS = 500;

type Redis = Required<Pick<Env, "REDIS_URL" | "REDIS_TOKEN">>;
export type Command = readonly (string | number)[];

/** The result of one command. Throws where there is none. */
export async function command(redis: Redis, words: Command, deadlineMs = DEADLINE_MS): Promise<unknown> {
  const answer = await post(redis, "/", words.map(String), deadlineMs);
  return (answer as { readonly result: unknown }).result;
}

/** Runs commands, each on its own. Throws where Redis took none. */
export async function pipelined(redis: Redis, commands: readonly Command[]): Promise<void> {
  if (commands.length > 0) {
    await post(redis, "/pipeline", commands.map((words) => words.map(String)), DEADLINE_MS);
  }
}

async function post({ REDIS_URL, REDIS_TOKEN }: Redis, path: string, body: unknown, deadlineMs: number): Promise<unknown> {
  const response = await fetch(`${REDIS_URL}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${REDIS_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(body),
    // Following one would carry the token to another host.
    redirect: "manual",
    signal: AbortSignal.timeout(deadlineMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`Redis: HTTP ${response.status}`);
  }
  return response.json();
}
