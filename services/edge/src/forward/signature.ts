/**
 * The edge's signature on what it sends to a server: proof that the request came through the front door, over method,
 * target and identity. services/common/signature.py is its twin; services/contract/signature.vectors.json holds both
 * together.
 */

import type { Session } from "../access/session.ts";
import { encodeBase64url } from "../base64url.ts";
import { hmac } from "../hmac.ts";

export const SIGNATURE_HEADER = "shoreline-edge";
export const IDENTITY_HEADER = "shoreline-identity";

/** What is signed: `target` is path and query as sent, `identity` the identity header's value, "" for none. */
export interface Signed {
  readonly seconds: number;
  readonly method: string;
  readonly target: string;
  readonly identity: string;
}

/** The signature header's value. `keys`: as in hmac.ts. */
export async function sign(keys: string, { seconds, method, target, identity }: Signed): Promise<string> {
  const text = ["v1", seconds, method, target, identity].join("\n");
  return `v1 ${seconds} ${encodeBase64url(await hmac(keys, text))}`;
}

/** The identity header's value: base64url of compact JSON. */
export function identityHeader({ user, name, id, workspaces, more }: Omit<Session, "issued" | "expires">): string {
  const identity = { user, name, session: id, ws: Object.fromEntries(workspaces), ...(more && { more }) };
  return encodeBase64url(new TextEncoder().encode(JSON.stringify(identity)));
}
