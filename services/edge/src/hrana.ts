/**
 * The wire format of Hrana over HTTP, version 2: what libsql-server and Turso speak at /v2/pipeline.
 * Source: libsql docs/HRANA_3_SPEC.md; rows_read and rows_written are libsql-server's additions.
 */

/** A value that a statement takes or a row holds. Blobs stay base64, integers beyond 2^53 stay text. */
export type Value = string | number | null;
export type Row = Readonly<Record<string, Value>>;

export interface Statement {
  readonly sql: string;
  /** Values of the statement's `:name` parameters. */
  readonly args: Readonly<Record<string, Value>>;
}

export interface Result {
  readonly rows: readonly Row[];
  readonly rowsRead: number;
}

/** A pipeline's first result where the database reports an error instead of rows. */
export interface StatementError {
  readonly code: string;
  readonly message: string;
}

/** The body of one pipeline: run the statement, close the stream. */
export function encodePipeline(statement: Statement): string {
  const named_args = Object.entries(statement.args).map(([name, value]) => ({ name, value: encodeValue(value) }));
  return JSON.stringify({
    requests: [{ type: "execute", stmt: { sql: statement.sql, named_args } }, { type: "close" }],
  });
}

function encodeValue(value: Value): object {
  if (value === null) {
    return { type: "null" };
  }
  if (typeof value === "string") {
    return { type: "text", value };
  }
  return Number.isSafeInteger(value) ? { type: "integer", value: String(value) } : { type: "float", value };
}

/** Reads the answer to `encodePipeline`. Throws TypeError where it is not what the specification says. */
export function decodePipeline(answer: unknown): Result | StatementError {
  const first = list(field(answer, "results"))[0];
  if (field(first, "type") === "error") {
    const error = field(first, "error");
    return { code: text(field(error, "code") ?? "UNKNOWN"), message: text(field(error, "message")) };
  }
  const result = field(field(first, "response"), "result");
  const names = list(field(result, "cols")).map((column) => text(field(column, "name")));
  return {
    rows: list(field(result, "rows")).map((row) => decodeRow(names, list(row))),
    rowsRead: Number(field(result, "rows_read") ?? 0),
  };
}

function decodeRow(names: readonly string[], cells: readonly unknown[]): Row {
  return Object.fromEntries(names.map((name, index) => [name, decodeValue(cells[index])]));
}

function decodeValue(cell: unknown): Value {
  const type = field(cell, "type");
  switch (type) {
    case "null":
      return null;
    case "text":
      return text(field(cell, "value"));
    case "integer":
      return decodeInteger(text(field(cell, "value")));
    case "float":
      return Number(field(cell, "value"));
    case "blob":
      return text(field(cell, "base64"));
    default:
      throw new TypeError(`a cell of type ${String(type)}`);
  }
}

function decodeInteger(digits: string): Value {
  const number = Number(digits);
  return Number.isSafeInteger(number) ? number : digits;
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
