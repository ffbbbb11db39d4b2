/**
 * Which people the edge answers while a route moves: each has a bucket, and a rollout of n percent takes the first n
 * percent of the buckets. So a person stays on one side, and a higher percentage only ever adds people.
 */

import { hash } from "../hash.ts";

const BUCKETS = 10_000;

/** Whether the edge answers this person's requests to the route. `rollout` is a percentage. */
export function isMoved(route: string, person: string, rollout: number): boolean {
  // The route's name goes in too: otherwise the same people would be first at every move.
  return hash(`${route}\n${person}`) % BUCKETS < Math.round((rollout / 100) * BUCKETS);
}
