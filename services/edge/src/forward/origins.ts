/** Which server is asked: one order per person or note, the same for every request, so that the servers share them. */

import type { Origin } from "../env.ts";
import { hash } from "../hash.ts";

/** The servers in the order in which to try them for `key`. */
export function ordered(origins: readonly Origin[], key: string): readonly Origin[] {
  const first = origins.length === 0 ? 0 : hash(key) % origins.length;
  return [...origins.slice(first), ...origins.slice(0, first)];
}
