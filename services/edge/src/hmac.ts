/** HMAC-SHA-256 keys, imported once per isolate. */

import { decodeBase64url } from "./base64url.ts";

const keys = new Map<string, Promise<CryptoKey>>();

/** The key from base64url. */
export function hmacKey(text: string): Promise<CryptoKey> {
  let key = keys.get(text);
  if (key === undefined) {
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    key = crypto.subtle.importKey("raw", decodeBase64url(text), algorithm, false, ["sign", "verify"]);
    keys.set(text, key);
  }
  return key;
}
