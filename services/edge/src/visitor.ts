/** The cookie that keeps a visitor with one version of the Worker during a rollout. It says nothing else. */

import { cookieOf } from "./access/session.ts";
import type { Env } from "./env.ts";

const COOKIE = "visitor";
/** What the zone's rules set (infra/components/affinity.py): a random key where there is no cookie yet. */
const KEY = "cloudflare-workers-version-key";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const ONE_YEAR = 365 * 24 * 60 * 60;

/**
 * The Set-Cookie value for a page's response. Null for who has the cookie already, and where the key is something
 * else: an address keeps its people together by itself, and belongs into no cookie.
 */
export function visitorCookie(request: Request, env: Pick<Env, "PUBLIC_URL">): string | null {
  if (cookieOf(request.headers.get("cookie"), COOKIE)) {
    return null;
  }
  const key = request.headers.get(KEY) ?? crypto.randomUUID();
  const secure = env.PUBLIC_URL?.startsWith("https://") ? "; Secure" : "";
  return UUID.test(key) ? `${COOKIE}=${key}; Path=/; Max-Age=${ONE_YEAR}; HttpOnly; SameSite=Lax${secure}` : null;
}
