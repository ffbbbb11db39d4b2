/**
 * Tags of cached answers. A tag has a generation in each data centre; an answer keeps those of its tags, and is old
 * once one has changed. Where the cache forgets a generation, the next one is another: never an old answer as new.
 */

import { look, put } from "./entries.ts";

const ONE_DAY = 24 * 60 * 60;

/** The generations of a scope's tags, told as one text. */
export async function current(scope: string, tags: readonly string[]): Promise<string> {
  const generations = await Promise.all(tags.map((tag) => generationOf(keyOf(scope, tag))));
  return generations.join(" ");
}

/** From here on, answers with one of these tags are old in this data centre. */
export async function renew(scope: string, tags: readonly string[]): Promise<void> {
  await Promise.all(tags.map((tag) => begin(keyOf(scope, tag))));
}

async function generationOf(key: string): Promise<string> {
  const known = await look(key);
  // Kept before the answer is made: a write in between must find a generation to change.
  return known === undefined ? begin(key) : known.text();
}

async function begin(key: string): Promise<string> {
  const generation = crypto.randomUUID();
  await put(key, new Response(generation), ONE_DAY);
  return generation;
}

function keyOf(scope: string, tag: string): string {
  return JSON.stringify(["tag", scope, tag]);
}
