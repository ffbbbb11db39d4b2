/**
 * The wire format of Hrana over HTTP, version 2: what libsql-server and Turso speak at /v2/pipeline.
 * Source: libsql docs/HRANA_3_SPEC.md; rows_read and rows_written are libsql-server's additions.
 */

import type { Type } from "../manifest.ts";

/** A value as a row holds it: integers in digits, blobs in base64. */
export type Cell =
  | { readonly type: "null" }
  | { readonly type: "text" | "integer"; readonly value: string }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "blob"; readonly base64: string };

/** What one statement gave. */
export interface Rows {
  readonly names: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
  readonly changed: number;
  readonly rowsRead: number;
}

export interface StatementError {
  readonly code: string;
  readonly message: string;
}

/** What a batch's steps gave; null for a step that was skipped. */
export type Steps = readonly (Rows | StatementError | null)[];

/** Encodes the values of one statement, in the order of `args`. */
export type Encode = (values: readonly unknown[]) => string;

/** Prepares a statement: all of it but the values is text from here on. */
export function encoder(sql: string, args: readonly { readonly name: string; readonly type: Type }[]): Encode {
  const head = `{"sql":${JSON.stringify(sql)},"named_args":[`;
  const parts = args.map(({ name, type }, index) => {
    const before = `${index === 0 ? "" : ","}{"name":${JSON.stringify(name)},"value":`;
    return { before, encode: VALUES[type] };
  });
  return (values) => {
    let text = head;
    parts.forEach(({ before, encode }, index) => {
      const value = values[index] ?? null;
      text += `${before}${value === null ? NULL : encode(value)}}`;
    });
    return `${text}]}`;
  };
}

const NULL = '{"type":"null"}';

const VALUES: Readonly<Record<Type, (value: unknown) => string>> = {
  text: (value) => `{"type":"text","value":${JSON.stringify(String(value))}}`,
  integer: (value) => `{"type":"integer","value":"${Number(value)}"}`,
  int64: (value) => `{"type":"integer","value":"${BigInt(value as string)}"}`,
  real: (value) => `{"type":"float","value":${Number(value)}}`,
  boolean: (value) => `{"type":"integer","value":"${value === true ? 1 : 0}"}`,
  blob: (value) => `{"type":"blob","base64":${JSON.stringify(value)}}`,
  json: (value) => `{"type":"text","value":${JSON.stringify(JSON.stringify(value))}}`,
};

/** The body of one pipeline: run one statement, close the stream. */
export function executing(statement: string): string {
  return `{"requests":[{"type":"execute","stmt":${statement}},{"type":"close"}]}`;
}

/** One step of a batch: `condition` is JSON, null for none. */
export interface Step {
  readonly statement: string;
  readonly condition: string | null;
}

/** The body of one pipeline: run the steps whose conditions hold, close the stream. */
export function batching(steps: readonly Step[]): string {
  const all = steps.map(({ statement, condition }) =>
    condition === null ? `{"stmt":${statement}}` : `{"condition":${condition},"stmt":${statement}}`,
  );
  return `{"requests":[{"type":"batch","batch":{"steps":[${all.join(",")}]}},{"type":"close"}]}`;
}

/** Reads the answer to `executing`. Throws TypeError where it is not what the specification says. */
export function decodeRows(answer: unknown): Rows | StatementError {
  const result = decodeResult(answer);
  return "code" in result ? result : rowsOf(field(result.response, "result"));
}

/** Reads the answer to `batching`. Throws TypeError where it is not what the specification says. */
export function decodeSteps(answer: unknown): Steps | StatementError {
  const result = decodeResult(answer);
  if ("code" in result) {
    return result;
  }
  const batch = field(result.response, "result");
  const errors = list(field(batch, "step_errors"));
  return list(field(batch, "step_results")).map((rows, index) => {
    const error = errors[index] ?? null;
    if (error !== null) {
      return errorOf(error);
    }
    return rows === null ? null : rowsOf(rows);
  });
}

function decodeResult(answer: unknown): { readonly response: unknown } | StatementError {
  const first = list(field(answer, "results"))[0];
  return field(first, "type") === "error" ? errorOf(field(first, "error")) : { response: field(first, "response") };
}

function errorOf(error: unknown): StatementError {
  return { code: text(field(error, "code") ?? "UNKNOWN"), message: text(field(error, "message")) };
}

/** The cells are looked at where they are written out (answer.ts). */
function rowsOf(result: unknown): Rows {
  return {
    names: list(field(result, "cols")).map((column) => text(field(column, "name"))),
    rows: list(field(result, "rows")).map((row) => list(row) as readonly Cell[]),
    changed: Number(field(result, "affected_row_count") ?? 0),
    rowsRead: Number(field(result, "rows_read") ?? 0),
  };
}

function field(value: unknown, name: string): unknown {
  if (typeof value !== "object" || value === null) {
    throw new TypeError(`no object around ${name}`);
  }
  return (value as Readonly<Record<string, unknown>>)[name];
}

function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) {
    throw new TypeError("no list");
  }
  return value;
}

function text(value: unknown): string {
  if (typeof value !== "string") {
    throw new TypeError("no text");
  }
  return value;
}
