/**
 * A circuit breaker around the edge's own way to the database, one in each isolate.
 *
 * closed: requests take the way. open: none does, until a pause is over. half-open: still none does, and a probe is on
 * its way beside somebody's request. So no person ever pays for finding out whether the way is back.
 */

/** So many failures in a row open it: one alone may be chance. */
const FAILURES = 3;
/** So many probes in a row must get through to close it. */
const SUCCESSES = 2;
/** The pause before a probe: it doubles with every one that fails. */
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5_000;
/** A probe that nobody heard of again: the platform may end what runs beside a request. */
const PROBE_LOST_MS = 10_000;

export type BreakerState = "closed" | "open" | "half-open";

/** Times in milliseconds. */
export class Breaker {
  #state: BreakerState = "closed";
  #inARow = 0;
  #pause = FIRST_PAUSE_MS;
  #since = 0;

  get state(): BreakerState {
    return this.#state;
  }

  get closed(): boolean {
    return this.#state === "closed";
  }

  /** A request that took the way got through, or not. One that began before it opened says nothing new. */
  report(through: boolean, now: number): void {
    if (this.#state !== "closed") {
      return;
    }
    this.#inARow = through ? 0 : this.#inARow + 1;
    if (this.#inARow >= FAILURES) {
      this.#open(FIRST_PAUSE_MS, now);
    }
  }

  /** Whether to send a probe now; the answer true begins one. */
  probing(now: number): boolean {
    const waited = now - this.#since;
    const due = this.#state === "open" ? waited >= this.#pause : this.#state === "half-open" && waited >= PROBE_LOST_MS;
    if (due) {
      this.#state = "half-open";
      this.#since = now;
    }
    return due;
  }

  /** How a probe ended. */
  probed(through: boolean, now: number): void {
    if (this.#state !== "half-open") {
      return;
    }
    if (!through) {
      this.#open(Math.min(this.#pause * 2, LONGEST_PAUSE_MS), now);
      return;
    }
    this.#inARow += 1;
    if (this.#inARow < SUCCESSES) {
      // The next request brings the next probe.
      this.#state = "open";
      this.#since = now - this.#pause;
    } else {
      this.#state = "closed";
      this.#inARow = 0;
    }
  }

  #open(pause: number, now: number): void {
    this.#state = "open";
    this.#inARow = 0;
    this.#pause = pause;
    this.#since = now;
  }
}
