/** Who may ask: the session and the role that a route needs, and the pages that a browser may ask from. */

import type { Exchange, Stage } from "../exchange.ts";
import { type Access, ROLES } from "../manifest.ts";
import { Problem } from "../problem.ts";
import { type Session, sessionOf } from "./session.ts";

const SAFE = new Set(["GET", "HEAD", "OPTIONS"]);

export function isSafe(method: string): boolean {
  return SAFE.has(method);
}

/** Of unsafe requests. */
export const originCheck: Stage = async (exchange, next) => {
  if (!isSafe(exchange.request.method)) {
    checkOrigin(exchange, false);
  }
  return next(exchange);
};

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

export const access: Stage = async (exchange, next) => {
  const { access } = exchange.route.declared;
  if (access.kind !== "public") {
    const session = await requireSession(exchange);
    exchange.session = session;
    if (access.kind === "member") {
      exchange.membershipOpen = !isMember(session, access, workspaceOf(exchange, access.parameter));
    }
  }
  return next(exchange);
};

/** The session of the request. Throws Problem 401 where there is none, 503 where this stack has no sessions. */
async function requireSession({ request, env }: Exchange): Promise<Session> {
  const { SESSION_KEYS, PUBLIC_URL } = env;
  if (SESSION_KEYS === undefined || PUBLIC_URL === undefined) {
    throw notSetUp();
  }
  const now = Math.floor(Date.now() / 1000);
  const session = await sessionOf(request.headers.get("cookie"), { SESSION_KEYS, PUBLIC_URL }, now);
  if (session === null) {
    throw new Problem(401, "Sign in first.");
  }
  return session;
}

/** By the token's claims alone. False where they name no more than a part. Throws Problem 403. */
function isMember(session: Session, { role }: Access & { kind: "member" }, workspace: string): boolean {
  const held = session.workspaces.get(workspace);
  if (held === undefined) {
    if (session.more) {
      return false;
    }
    throw new Problem(403, "You are not a member of this workspace.");
  }
  if (ROLES.indexOf(held) < ROLES.indexOf(role)) {
    throw new Problem(403, "Your role in this workspace does not allow this.");
  }
  return true;
}

function workspaceOf({ asked, route }: Exchange, parameter: string): string {
  return asked?.segments[route.parameters.indexOf(parameter)] ?? "";
}

/** This stack's Worker has no servers bound. */
export function notSetUp(): Problem {
  return new Problem(503, "This part of the application is not set up here.");
}
