/** A request's body: its media type, its bytes within a limit, and the JSON in them. */

import { isProblem, Problem } from "../problem.ts";

/** Throws Problem 415, 400 where it breaks off, or 413 above `limit` bytes. */
export async function limitedBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (!isJson(request.headers.get("content-type")) || request.headers.has("content-encoding")) {
    throw new Problem(415, "Send the body as application/json in UTF-8, without a content encoding.");
  }
  const declared = request.headers.get("content-length");
  if (Number(declared ?? 0) > limit) {
    throw tooLarge(limit);
  }
  try {
    return declared === null ? await countedBytes(request, limit) : new Uint8Array(await request.arrayBuffer());
  } catch (error) {
    throw isProblem(error) ? error : new Problem(400, "The body broke off.");
  }
}

/** Counts while reading: chunks come without a length. */
async function countedBytes(request: Request, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > limit) {
      throw tooLarge(limit);
    }
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function tooLarge(limit: number): Problem {
  return new Problem(413, `The body must be at most ${limit} bytes.`);
}

/** Throws Problem 400. */
export function jsonBody(bytes: Uint8Array): unknown {
  return parseJson(decodeUtf8(bytes));
}

function isJson(contentType: string | null): boolean {
  if (contentType === "application/json") {
    return true;
  }
  const [type, ...parameters] = (contentType ?? "").toLowerCase().split(";");
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith("charset="));
  return type?.trim() === "application/json" && (charset === undefined || /^charset="?utf-8"?$/.test(charset));
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw new Problem(400, "The body is not valid UTF-8.");
  }
}

/** A lone surrogate can only come in as an escape, and could not go out again as UTF-8. */
const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text, SURROGATE_ESCAPE.test(text) ? refuseLoneSurrogates : undefined);
  } catch {
    throw new Problem(400, "The body is not valid JSON.");
  }
}

function refuseLoneSurrogates(key: string, value: unknown): unknown {
  if (!key.isWellFormed() || (typeof value === "string" && !value.isWellFormed())) {
    throw new SyntaxError("lone surrogate");
  }
  return value;
}
