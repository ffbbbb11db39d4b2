/** Redis over its REST API: one command, one HTTP request, a short deadline. */

import type { Env } from "../env.ts";

/** What waits for Redis is a request on its way: better an answer without it than none. */
const DEADLINE_MS = 500;

/** The result of one command. Throws where there is none. */
export async function command(
  { REDIS_URL, REDIS_TOKEN }: Required<Pick<Env, "REDIS_URL" | "REDIS_TOKEN">>,
  words: readonly (string | number)[],
): Promise<unknown> {
  const response = await fetch(REDIS_URL, {
    method: "POST",
    headers: { authorization: `Bearer ${REDIS_TOKEN}`, "content-type": "application/json" },
    body: JSON.stringify(words.map(String)),
    // Following one would carry the token to another host.
    redirect: "manual",
    signal: AbortSignal.timeout(DEADLINE_MS),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`Redis: HTTP ${response.status}`);
  }
  return ((await response.json()) as { readonly result: unknown }).result;
}
