/** What a failure that is not the client's becomes: a line for the log, and a problem that tells nothing internal. */

import { DatabaseFailure } from "./execute/database.ts";
import { UpstreamFailure } from "./forward/upstream.ts";
import { isProblem, Problem } from "./problem.ts";

const RETRY_AFTER_SECONDS = 5;
export const RETRY = { headers: { "retry-after": String(RETRY_AFTER_SECONDS) } };

/** What a client may know of an error that is not its own. */
export function problemOf(error: unknown): Problem {
  if (error instanceof DatabaseFailure) {
    return databaseProblem(error);
  }
  return error instanceof UpstreamFailure ? upstreamProblem(error) : new Problem(500, "Something went wrong here.");
}

function upstreamProblem(failure: UpstreamFailure): Problem {
  switch (failure.kind) {
    case "unreachable":
      return new Problem(503, "The server can't be reached. Try again shortly.", RETRY);
    case "late":
      return new Problem(504, "The server took too long to answer.", RETRY);
    case "headers":
      return new Problem(431, "The URL and the headers are too long for the server.");
    case "unexpected":
      return new Problem(502, "The server gave an answer that makes no sense.");
  }
}

function databaseProblem(failure: DatabaseFailure): Problem {
  switch (failure.kind) {
    case "unavailable":
      return new Problem(503, "The database doesn't answer. Try again shortly.", RETRY);
    case "unexpected":
      return new Problem(502, "The database gave an answer that makes no sense.");
    case "constraint":
    case "refused":
      return new Problem(500, "The database refused the request.");
  }
}

/** Null where nothing failed but the request. */
export function failureForLog(error: unknown): string | null {
  if (isProblem(error)) {
    return null;
  }
  if (error instanceof DatabaseFailure) {
    return `database ${error.kind}: ${error.message}`;
  }
  if (error instanceof UpstreamFailure) {
    return `server ${error.kind}: ${error.message}`;
  }
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
