/** Who may ask: the session that a route needs, and the pages that a browser may ask from. */

import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";
import { type Session, sessionOf } from "./session.ts";

/** The session of the request. Throws Problem 401 where there is none, 503 where this stack has no sessions. */
export async function requireSession({ request, env }: Exchange): Promise<Session> {
  const { SESSION_KEY, PUBLIC_URL } = env;
  if (SESSION_KEY === undefined || PUBLIC_URL === undefined) {
    throw notSetUp();
  }
  const now = Math.floor(Date.now() / 1000);
  const session = await sessionOf(request.headers.get("cookie"), { SESSION_KEY, PUBLIC_URL }, now);
  if (session === null) {
    throw new Problem(401, "Sign in first.");
  }
  return session;
}

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function isSafe(method: string): boolean {
  return SAFE.has(method);
}

/**
 * Browsers say which site an unsafe request or a WebSocket comes from; only our own pages may send them.
 * Throws Problem 403. `required`: also where nothing is said.
 */
export function checkOrigin({ request, url, env }: Exchange, required: boolean): void {
  const origin = request.headers.get("origin");
  if (origin === null ? required : origin !== url.origin && origin !== publicOrigin(env.PUBLIC_URL)) {
    throw new Problem(403, "Requests from other sites are not allowed.");
  }
}

function publicOrigin(publicUrl: string | undefined): string | null {
  return publicUrl === undefined ? null : new URL(publicUrl).origin;
}

/** This stack's Worker has no servers bound. */
export function notSetUp(): Problem {
  return new Problem(503, "This part of the application is not set up here.");
}
