/** Who is signed in: the access token in the cookie, verified without a trip. Issued by services/common/tokens.py. */

import { decodeBase64url } from "../base64url.ts";
import type { Env } from "../env.ts";
import { isGenuine } from "../hmac.ts";
import { type Role, ROLES } from "../manifest.ts";

export interface Session {
  readonly user: string;
  readonly name: string;
  /** The id of the session that the token belongs to. */
  readonly id: string;
  /** Unix seconds. */
  readonly issued: number;
  readonly expires: number;
  /** The person's role by workspace, in the token's order. */
  readonly workspaces: ReadonlyMap<string, Role>;
  /** The person has workspaces that the token has no room for. */
  readonly more: boolean;
}

/** A clock that is ahead of ours by more makes tokens of the future. */
const CLOCK_SKEW_SECONDS = 60;

/** Browsers keep a __Host- cookie only with Secure, and not all of them take Secure over plain HTTP. */
export function cookieName(publicUrl: string): string {
  return publicUrl.startsWith("https://") ? "__Host-session" : "session";
}

/** Of the refresh token, which only the api reads (services/api/sessions/cookies.py). */
export function refreshCookieName(publicUrl: string): string {
  return publicUrl.startsWith("https://") ? "__Secure-refresh" : "refresh";
}

/** The value of the first cookie of this name. */
export function cookieOf(header: string | null, name: string): string | null {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) {
      return part.slice(at + 1).trim();
    }
  }
  return null;
}

/** The session of a request's Cookie header; null where none is valid at `now` (unix seconds). */
export async function sessionOf(
  cookies: string | null,
  env: Required<Pick<Env, "SESSION_KEYS" | "PUBLIC_URL">>,
  now: number,
): Promise<Session | null> {
  const token = cookieOf(cookies, cookieName(env.PUBLIC_URL));
  return token === null ? null : verify(token, env.SESSION_KEYS, now);
}

/** Tokens that this isolate has found genuine, by keys and token: verifying one again would say the same. */
const genuine = new Map<string, Session>();
const MOST_GENUINE = 1_000;

/** The session of a JWT (HS256, no other algorithm) by one of the keys (hmac.ts), or null. */
export async function verify(token: string, keys: string, now: number): Promise<Session | null> {
  const name = `${keys} ${token}`;
  const session = genuine.get(name) ?? (await verified(token, keys));
  if (session === null || now >= session.expires || session.issued > now + CLOCK_SKEW_SECONDS) {
    return null;
  }
  if (!genuine.has(name)) {
    remember(name, session);
  }
  return session;
}

function remember(name: string, session: Session): void {
  const [oldest] = genuine.keys();
  if (genuine.size >= MOST_GENUINE && oldest !== undefined) {
    genuine.delete(oldest);
  }
  genuine.set(name, session);
}

async function verified(token: string, keys: string): Promise<Session | null> {
  const [header, claims, code, more] = token.split(".");
  if (header === undefined || claims === undefined || code === undefined || more !== undefined) {
    return null;
  }
  try {
    const genuine = await isGenuine(keys, decodeBase64url(code), `${header}.${claims}`);
    return genuine && field(parse(header), "alg") === "HS256" ? sessionFrom(parse(claims)) : null;
  } catch {
    // No base64, no UTF-8, or no JSON.
    return null;
  }
}

function sessionFrom(claims: unknown): Session | null {
  const [user, name, id] = [field(claims, "sub"), field(claims, "name"), field(claims, "sid")];
  const [issued, expires] = [field(claims, "iat"), field(claims, "exp")];
  if (typeof user !== "string" || user === "" || typeof name !== "string" || typeof id !== "string" || id === "") {
    return null;
  }
  if (typeof issued !== "number" || typeof expires !== "number") {
    return null;
  }
  const workspaces = rolesOf(field(claims, "ws") ?? {});
  return workspaces && { user, name, id, issued, expires, workspaces, more: field(claims, "more") === true };
}

/** Null where the claim is none of ours. */
function rolesOf(claim: unknown): ReadonlyMap<string, Role> | null {
  if (typeof claim !== "object" || claim === null || Array.isArray(claim)) {
    return null;
  }
  const roles = Object.entries(claim);
  return roles.every(([, role]) => ROLES.includes(role)) ? new Map(roles) : null;
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function parse(part: string): unknown {
  return JSON.parse(utf8.decode(decodeBase64url(part)));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
