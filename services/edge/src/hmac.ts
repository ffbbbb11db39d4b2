/**
 * HMAC-SHA-256 by the keys of a binding: base64url with commas between. The first one signs, every one verifies, so one
 * takes over from another without a gap. Imported once per isolate.
 */

import { decodeBase64url } from "./base64url.ts";

const ALGORITHM = { name: "HMAC", hash: "SHA-256" };
const imported = new Map<string, readonly [Promise<CryptoKey>, ...Promise<CryptoKey>[]]>();

export async function hmac(keys: string, text: string): Promise<Uint8Array> {
  const code = await crypto.subtle.sign("HMAC", await keysOf(keys)[0], new TextEncoder().encode(text));
  return new Uint8Array(code);
}

/** Whether one of the keys made the code. */
export async function isGenuine(keys: string, code: Uint8Array<ArrayBuffer>, text: string): Promise<boolean> {
  const signed = new TextEncoder().encode(text);
  for (const key of keysOf(keys)) {
    if (await crypto.subtle.verify("HMAC", await key, code, signed)) {
      return true;
    }
  }
  return false;
}

function keysOf(text: string): readonly [Promise<CryptoKey>, ...Promise<CryptoKey>[]] {
  let keys = imported.get(text);
  if (keys === undefined) {
    const [first = "", ...others] = text.split(",");
    keys = [importKey(first), ...others.map(importKey)];
    imported.set(text, keys);
  }
  return keys;
}

function importKey(text: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", decodeBase64url(text), ALGORITHM, false, ["sign", "verify"]);
}
