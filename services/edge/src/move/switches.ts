/**
 * Switches: what an operator sets for a route at once, over its declaration, until it is cleared. They are one hash in
 * Redis, written by `make switch`; each isolate keeps what it read last.
 */

/** In percent; what is not set stays as declared. */
export interface Switch {
  readonly rollout?: number;
  readonly shadow?: number;
}

export type SwitchesByRoute = ReadonlyMap<string, Switch>;

export const SWITCHES_KEY = "shoreline:switches";

/** Older than this they are read again, off the request's path. */
const FRESH_MS = 2_000;
/** No read has ended for this long, as in an isolate that was idle or is new: a request waits for one, see WAIT_MS. */
const STALE_MS = 4_000;

/** No request waits longer for Redis. */
export const WAIT_MS = 250;

/** What one isolate knows of the switches; times in milliseconds. */
export class Switches {
  #known: SwitchesByRoute = new Map();
  #beganAt = -Infinity;
  #endedAt = -Infinity;
  #readAt: number | null = null;

  of(route: string): Switch {
    return this.#known.get(route) ?? {};
  }

  /** Whether to read them: not now, beside the request, or before it. A read that failed has ended as well. */
  due(now: number): "no" | "beside" | "before" {
    if (now - this.#endedAt >= STALE_MS) {
      return "before";
    }
    return now - this.#beganAt >= FRESH_MS ? "beside" : "no";
  }

  began(now: number): void {
    this.#beganAt = now;
  }

  ended(now: number): void {
    this.#endedAt = now;
  }

  /** What a read that began at `began` found. An older one never replaces a newer one. */
  took(found: SwitchesByRoute, began: number): void {
    if (this.#readAt === null || began >= this.#readAt) {
      this.#known = found;
      this.#readAt = began;
    }
  }

  /** How old what is known is; null where nothing was read yet. */
  age(now: number): number | null {
    return this.#readAt === null ? null : now - this.#readAt;
  }
}

export interface Parsed {
  readonly switches: SwitchesByRoute;
  /** Routes whose switch makes no sense: they stay as declared. */
  readonly ignored: readonly string[];
}

/** Reads HGETALL's answer: names and values in turn. Throws TypeError where it is something else. */
export function parseSwitches(answer: unknown): Parsed {
  if (!Array.isArray(answer) || answer.length % 2 !== 0) {
    throw new TypeError("the switches are no hash");
  }
  const switches = new Map<string, Switch>();
  const ignored: string[] = [];
  for (let at = 0; at < answer.length; at += 2) {
    const route = String(answer[at]);
    const parsed = parseSwitch(answer[at + 1]);
    if (parsed === null) {
      ignored.push(route);
    } else {
      switches.set(route, parsed);
    }
  }
  return { switches, ignored };
}

function parseSwitch(text: unknown): Switch | null {
  let value: unknown;
  try {
    value = JSON.parse(String(text));
  } catch {
    return null;
  }
  if (typeof value !== "object" || value === null) {
    return null;
  }
  const { rollout, shadow } = value as Record<string, unknown>;
  return isPercentage(rollout) && isPercentage(shadow)
    ? { ...(rollout !== undefined && { rollout }), ...(shadow !== undefined && { shadow }) }
    : null;
}

function isPercentage(value: unknown): value is number | undefined {
  return value === undefined || (typeof value === "number" && value >= 0 && value <= 100);
}
