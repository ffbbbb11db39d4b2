/** A write that may be sent again: its key is kept in the transaction of its first time. */

import type { Exchange } from "../exchange.ts";
import { Problem } from "../problem.ts";
import { encoder } from "./hrana.ts";
import type { Sources } from "./statements.ts";

const KEY = /^[!-~]{1,128}$/;

/** The request's key; null where it has none. Throws Problem 400. */
export function keyOf(request: Request): string | null {
  const key = request.headers.get("idempotency-key");
  if (key !== null && !KEY.test(key)) {
    const message = "must be 1 to 128 visible ASCII characters";
    throw new Problem(400, "The Idempotency-Key header is not valid.", {
      errors: [{ path: "header/idempotency-key", message }],
    });
  }
  return key;
}

/** What a key stands for: SHA-256 of the path and the body, in hexadecimal digits. */
export async function fingerprintOf({ url, input }: Exchange): Promise<string> {
  const path = new TextEncoder().encode(`${url.pathname}\n`);
  const body = input?.bytes ?? new Uint8Array();
  const both = new Uint8Array(path.length + body.length);
  both.set(path);
  both.set(body, path.length);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", both));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

const KEPT = [
  { name: "user", type: "text" },
  { name: "route", type: "text" },
  { name: "key", type: "text" },
] as const;

const insert = encoder(
  `insert into idempotency (user, route, key, fingerprint, new_id, now)
  values (:user, :route, :key, :fingerprint, :new_id, :now)`,
  [
    ...KEPT,
    { name: "fingerprint", type: "text" },
    { name: "new_id", type: "text" },
    { name: "now", type: "integer" },
  ],
);

const select = encoder(
  "select fingerprint from idempotency where user = :user and route = :route and key = :key",
  KEPT,
);

/** The statements that keep the key, and that tell what it was first used for. */
export function keeping({ session, idempotency, generated }: Sources, fingerprint: string): { insert: string; select: string } {
  const kept = [session?.user, idempotency?.route, idempotency?.key];
  return { insert: insert([...kept, fingerprint, generated.newId, generated.now]), select: select(kept) };
}
