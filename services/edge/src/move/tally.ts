/** What shadows found since it was last written down: counts, and some samples of differences. */

import type { Command } from "../limit/redis.ts";
import type { Difference } from "./differences.ts";

/**
 * - `same`, `different`: both tiers answered
 * - `changed`: they differed, and no longer when both were asked again: somebody wrote in between
 * - `late`, `failed`: the other tier didn't answer in time, or at all
 * - `skipped`: too many shadows at once, or an answer that is too large to compare
 */
export type Outcome = "same" | "different" | "changed" | "late" | "failed" | "skipped";

export const COUNTS_KEY = "shoreline:shadow:counts";

export function samplesKey(route: string): string {
  return `shoreline:shadow:samples:${route}`;
}

/** Kept for each route, and in an isolate until they are written down. */
const SAMPLES = 50;
const SAMPLES_AT_ONCE = 5;
const KEPT_SECONDS = 30 * 24 * 60 * 60;

export interface Sample {
  readonly at: number;
  readonly request: string;
  /** The tier that answered the person. */
  readonly served: string;
  readonly differences: readonly Difference[];
}

export class Tally {
  readonly #counts = new Map<string, number>();
  readonly #samples = new Map<string, Sample[]>();

  add(route: string, outcome: Outcome, sample?: Sample): void {
    const name = `${route} ${outcome}`;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
    if (sample !== undefined) {
      const samples = this.#samples.get(route) ?? [];
      if (samples.length < SAMPLES_AT_ONCE) {
        this.#samples.set(route, [...samples, sample]);
      }
    }
  }

  /** The commands that write it down; it begins anew. */
  take(): readonly Command[] {
    const counts = Array.from(this.#counts, ([name, count]) => ["HINCRBY", COUNTS_KEY, name, count]);
    const samples = Array.from(this.#samples).flatMap(([route, found]) => {
      const key = samplesKey(route);
      return [
        ["LPUSH", key, ...found.map((sample) => JSON.stringify(sample))],
        ["LTRIM", key, 0, SAMPLES - 1],
        ["EXPIRE", key, KEPT_SECONDS],
      ];
    });
    this.#counts.clear();
    this.#samples.clear();
    return counts.length === 0 ? [] : [...counts, ["EXPIRE", COUNTS_KEY, KEPT_SECONDS], ...samples];
  }
}
