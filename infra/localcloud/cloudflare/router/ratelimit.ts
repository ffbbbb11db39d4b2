// The rate limit binding: counts of the current period by key, in this process (production counts per location).
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./table";

interface Limit {
  namespace: string;
  limit: number;
  /** Seconds. */
  period: number;
}

interface Count {
  ends: number;
  used: number;
}

const counts = new Map<string, Count>();
const MOST_KEYS = 100_000;

export class RateLimit extends WorkerEntrypoint<Env> {
  limit({ key }: { key: string }): { success: boolean } {
    const { namespace, limit, period } = (this.ctx as unknown as { props: Limit }).props;
    return { success: take(`${namespace}\n${key}`, limit, period, Date.now()) };
  }
}

export function take(key: string, limit: number, period: number, now: number): boolean {
  let count = counts.get(key);
  if (count === undefined || count.ends <= now) {
    if (counts.size >= MOST_KEYS) counts.clear();
    count = { ends: now + period * 1000, used: 0 };
    counts.set(key, count);
  }
  count.used += 1;
  return count.used <= limit;
}
