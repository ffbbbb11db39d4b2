/** Who is signed in: the access token in the cookie, verified without a trip. Issued by services/common/tokens.py. */

import { decodeBase64url } from "./base64url.ts";
import type { Env } from "./env.ts";
import { hmacKey } from "./hmac.ts";

export interface Session {
  readonly user: string;
  readonly name: string;
  /** Unix seconds. */
  readonly expires: number;
}

/** A clock that is ahead of ours by more makes tokens of the future. */
const CLOCK_SKEW_SECONDS = 60;

/** Browsers keep a __Host- cookie only with Secure, and not all of them take Secure over plain HTTP. */
export function cookieName(publicUrl: string): string {
  return publicUrl.startsWith("https://") ? "__Host-session" : "session";
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
  env: Required<Pick<Env, "SESSION_KEY" | "PUBLIC_URL">>,
  now: number,
): Promise<Session | null> {
  const token = cookieOf(cookies, cookieName(env.PUBLIC_URL));
  return token === null ? null : verify(token, env.SESSION_KEY, now);
}

/** The session of a JWT (HS256, no other algorithm), or null. `key` is base64url. */
export async function verify(token: string, key: string, now: number): Promise<Session | null> {
  const [header, claims, code, more] = token.split(".");
  if (header === undefined || claims === undefined || code === undefined || more !== undefined) {
    return null;
  }
  try {
    const signed = new TextEncoder().encode(`${header}.${claims}`);
    const genuine = await crypto.subtle.verify("HMAC", await hmacKey(key), decodeBase64url(code), signed);
    return genuine && field(parse(header), "alg") === "HS256" ? sessionFrom(parse(claims), now) : null;
  } catch {
    // No base64, no UTF-8, or no JSON.
    return null;
  }
}

function sessionFrom(claims: unknown, now: number): Session | null {
  const [user, name] = [field(claims, "sub"), field(claims, "name")];
  const [issued, expires] = [field(claims, "iat"), field(claims, "exp")];
  if (typeof user !== "string" || user === "" || typeof name !== "string") {
    return null;
  }
  if (typeof issued !== "number" || typeof expires !== "number") {
    return null;
  }
  return now < expires && issued <= now + CLOCK_SKEW_SECONDS ? { user, name, expires } : null;
}

function parse(part: string): unknown {
  return JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(decodeBase64url(part)));
}

function field(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined;
}
