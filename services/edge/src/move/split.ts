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

/** Who is asking, for the split: the user where one is known and the route goes by it, else the network. */
export function personOf(sticky: "user" | "address", user: string | null, address: string): string {
  return sticky === "user" && user !== null ? `user ${user}` : `address ${network(address)}`;
}

/** An IPv6 address's first 64 bits, as devices change the rest by themselves; an IPv4 address as it is. */
export function network(address: string): string {
  if (!address.includes(":")) {
    return address;
  }
  const [head = [], tail = []] = address.split("::").map((part) => part.split(":").filter((group) => group !== ""));
  const zeros = Array<string>(Math.max(0, 8 - head.length - tail.length)).fill("0");
  const groups = [...head, ...zeros, ...tail].map((group) => group.toLowerCase().replace(/^0+(?=.)/, ""));
  return groups.slice(0, 4).join(":");
}
