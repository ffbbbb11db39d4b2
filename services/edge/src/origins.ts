/** Which server is asked: one order per person, the same for every request, so that the servers share the people. */

import type { Origin } from "./env.ts";

/** The servers in the order in which to try them for `key`. */
export function ordered(origins: readonly Origin[], key: string): readonly Origin[] {
  const first = origins.length === 0 ? 0 : hash(key) % origins.length;
  return [...origins.slice(first), ...origins.slice(0, first)];
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    value = Math.imul(value ^ byte, 0x01000193);
  }
  return value >>> 0;
}
