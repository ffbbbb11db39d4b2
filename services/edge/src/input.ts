/** Reads what a client sent, within limits, and holds it against the contract's schemas. */

import { expected, type Fault, type Validator } from "shoreline:contract";

import { type FieldError, Problem } from "./problem.ts";

const MAX_BODY_BYTES = 64 * 1024;

/** The request's JSON body. Throws Problem 400, 413 or 415. */
export async function jsonBody(request: Request): Promise<unknown> {
  if (!isJson(request.headers.get("content-type")) || request.headers.has("content-encoding")) {
    throw new Problem(415, "Send the body as application/json in UTF-8, without a content encoding.");
  }
  return parseJson(decodeUtf8(await limitedBytes(request)));
}

/** The query's parameters by name. Throws Problem 400 where one is given twice: the two tiers could differ on which counts. */
export function queryOf(url: URL): Record<string, string> {
  // Without a prototype: a parameter may be called __proto__.
  const query = Object.create(null) as Record<string, string>;
  if (url.search === "") {
    return query;
  }
  for (const [name, value] of url.searchParams) {
    if (Object.hasOwn(query, name)) {
      throw new Problem(400, "The query is not valid.", {
        errors: [{ path: `query/${name}`, message: "is given more than once" }],
      });
    }
    query[name] = value;
  }
  return query;
}

/** Where a value came from: decides its errors' paths and the status. */
type Place = "body" | "query";

const REFUSALS = { body: [422, "The body is not valid."], query: [400, "The query is not valid."] } as const;

/** `data` if it fits the schema. Throws Problem 422 (body) or 400 (query) that names every field at fault. */
export function valid<T>(data: unknown, validator: Validator<T>, schema: keyof typeof expected, place: Place): T {
  if (validator(data)) {
    return data;
  }
  const [status, detail] = REFUSALS[place];
  throw new Problem(status, detail, { errors: fieldErrors(validator.errors ?? [], expected[schema], place) });
}

function fieldErrors(faults: readonly Fault[], words: Readonly<Record<string, string>>, place: Place): FieldError[] {
  const messages = new Map<string, string>();
  for (const fault of faults) {
    const [path, message] = explain(fault, words, place);
    messages.set(path, messages.get(path) ?? message);
  }
  return Array.from(messages, ([path, message]) => ({ path, message }));
}

function explain(fault: Fault, words: Readonly<Record<string, string>>, place: Place): [path: string, message: string] {
  if (fault.keyword === "required") {
    return [`${place}/${String(fault.params["missingProperty"])}`, "is missing"];
  }
  if (fault.keyword === "additionalProperties") {
    return [`${place}/${String(fault.params["additionalProperty"])}`, "is not known here"];
  }
  const name = fault.instancePath.slice(1);
  return name === "" ? [place, "must be a JSON object"] : [`${place}/${name}`, `must be ${words[name] ?? "different"}`];
}

function isJson(contentType: string | null): boolean {
  const [type, ...parameters] = (contentType ?? "").toLowerCase().split(";");
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith("charset="));
  return type?.trim() === "application/json" && (charset === undefined || /^charset="?utf-8"?$/.test(charset));
}

/** Counts while reading: a Content-Length may be missing or wrong. */
async function limitedBytes(request: Request): Promise<Uint8Array> {
  const tooLarge = new Problem(413, `The body must be at most ${MAX_BODY_BYTES} bytes.`);
  if (Number(request.headers.get("content-length") ?? 0) > MAX_BODY_BYTES) {
    throw tooLarge;
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request.body ?? []) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) {
      throw tooLarge;
    }
    chunks.push(chunk);
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : concatenated(chunks, size);
}

function concatenated(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(bytes);
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
