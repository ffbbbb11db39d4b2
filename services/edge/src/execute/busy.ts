/**
 * When the database is asked again: it did nothing of what it was asked, as somebody else was in the way.
 *
 * The server's twin: services/common/busy.py.
 */

import type { Rows, StatementError, Steps } from "./hrana.ts";

const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 640;

/** HTTP 429: libsql-server had no connection in time, or the account's rate is used up. */
export const TOO_MANY_REQUESTS: StatementError = { code: "HTTP 429", message: "too many requests" };

/**
 * Of one statement, or of a batch whose first step begins a transaction and whose last one rolls back what was not
 * committed. SQLite undoes a statement that meets SQLITE_BUSY; a transaction that met it is undone once its rollback succeeded.
 */
export function nothingWasDone(answer: Rows | Steps | StatementError): boolean {
  if (!isSteps(answer)) {
    return isBusy(answer);
  }
  const rolledBack = answer.at(-1) ?? null;
  return isBusy(answer[0] ?? null) || (rolledBack !== null && "rows" in rolledBack && answer.some(isBusy));
}

/** Milliseconds to wait before each further try, as long as it begins before `deadline`. */
export function* pauses(deadline: number): Generator<number, undefined> {
  let longest = FIRST_PAUSE_MS;
  while (Date.now() + longest < deadline) {
    // By chance, so that those who met don't meet again.
    yield longest * (0.5 + Math.random() / 2);
    longest = Math.min(2 * longest, LONGEST_PAUSE_MS);
  }
}

function isSteps(answer: Rows | Steps | StatementError): answer is Steps {
  return Array.isArray(answer);
}

function isBusy(step: Rows | StatementError | null): boolean {
  return step !== null && "code" in step && (step === TOO_MANY_REQUESTS || step.code.startsWith("SQLITE_BUSY"));
}
