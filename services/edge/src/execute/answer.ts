/** Writes a statement's rows as JSON: one writer per route, no objects in between. */

import type { Answer, Column, Type } from "../manifest.ts";
import type { Cell, Rows } from "./hrana.ts";

type Row = readonly Cell[];
type WriteCell = (cell: Cell | undefined) => string;

/** A row that the declared answer can't hold: our defect, never the client's. */
export class AnswerMismatch extends Error {}

export interface Page {
  readonly body: string;
  /** Where the new thing is. */
  readonly location: string | null;
}

interface ColumnWriter {
  readonly name: string;
  /** What stands before the value. */
  readonly key: string;
  readonly write: WriteCell;
}

export class AnswerWriter {
  readonly #answer: Answer;
  readonly #columns: readonly ColumnWriter[];

  constructor(answer: Answer) {
    this.#answer = answer;
    this.#columns = answer.columns.map((column, index) => ({
      name: column.name,
      key: `${index === 0 ? "{" : ","}${JSON.stringify(column.name)}:`,
      write: cellWriter(column),
    }));
  }

  /** Null: no row. Throws AnswerMismatch. */
  one({ names, rows }: Rows): Page | null {
    const row = rows[0];
    if (row === undefined) {
      return null;
    }
    const order = this.#order(names);
    return { body: this.#object(row, order), location: this.#location(row, names) };
  }

  /** `limit`: the page's size; one row more tells that there is a next page. Throws AnswerMismatch. */
  many({ names, rows }: Rows, limit: number | null): Page {
    const { items, cursor } = this.#answer;
    const order = this.#order(names);
    const count = limit === null ? rows.length : Math.min(limit, rows.length);
    let body = `{${JSON.stringify(items)}:[`;
    for (let at = 0; at < count; at++) {
      body += `${at === 0 ? "" : ","}${this.#object(rows[at] as Row, order)}`;
    }
    const last = count < rows.length && cursor !== null ? rows[count - 1] : undefined;
    const next = last === undefined || cursor === null ? "null" : this.#cell(last, names, cursor.column);
    return { body: `${body}],"next":${next}}`, location: null };
  }

  /** Where each declared column stands in the rows. */
  #order(names: readonly string[]): readonly number[] {
    return this.#columns.map(({ name }, index) => (names[index] === name ? index : indexOf(names, name)));
  }

  #object(row: Row, order: readonly number[]): string {
    let text = "";
    for (let at = 0; at < this.#columns.length; at++) {
      const { key, write } = this.#columns[at] as ColumnWriter;
      text += key + write(row[order[at] as number]);
    }
    return `${text}}`;
  }

  #cell(row: Row, names: readonly string[], column: string): string {
    const { write } = this.#columns[indexOf(this.#columns.map(({ name }) => name), column)] as { write: WriteCell };
    return write(row[indexOf(names, column)]);
  }

  #location(row: Row, names: readonly string[]): string | null {
    const { location } = this.#answer;
    return location === null
      ? null
      : location.replaceAll(/\{([^}]*)\}/g, (_, column: string) => {
          const value: unknown = JSON.parse(this.#cell(row, names, column));
          return encodeURIComponent(String(value));
        });
  }
}

function indexOf(names: readonly string[], name: string): number {
  const index = names.indexOf(name);
  if (index < 0) {
    throw new AnswerMismatch(`no column ${name}`);
  }
  return index;
}

function cellWriter({ name, type, nullable }: Column): WriteCell {
  const write = CELLS[type];
  return (cell) => {
    const text = cell?.type === "null" ? (nullable ? "null" : null) : write(cell);
    if (text === null) {
      throw new AnswerMismatch(`column ${name} is no ${type}: ${cell?.type ?? "missing"}`);
    }
    return text;
  };
}

/** Null where the cell doesn't hold the type. */
const CELLS: Readonly<Record<Type, (cell: Cell | undefined) => string | null>> = {
  text: (cell) => (cell?.type === "text" ? JSON.stringify(cell.value) : null),
  integer: (cell) => (cell?.type === "integer" && Number.isSafeInteger(Number(cell.value)) ? cell.value : null),
  int64: (cell) => (cell?.type === "integer" ? `"${cell.value}"` : null),
  real: (cell) => (cell?.type === "float" ? real(cell.value) : cell?.type === "integer" ? real(Number(cell.value)) : null),
  boolean: (cell) => (cell?.type === "integer" ? (BOOLEANS[cell.value] ?? null) : null),
  blob: (cell) => (cell?.type === "blob" ? `"${padded(cell.base64)}"` : null),
  json: (cell) => (cell?.type === "text" && /^(\[.*\]|\{.*\})$/s.test(cell.value) ? cell.value : null),
};

const BOOLEANS: Readonly<Record<string, string>> = { "0": "false", "1": "true" };

/** Hrana has no infinity: it comes as null. */
function real(value: number): string | null {
  return Number.isFinite(value) ? String(value) : null;
}

/** Hrana leaves the padding out. */
function padded(base64: string): string {
  return base64.replace(/=+$/, "").padEnd(Math.ceil(base64.replace(/=+$/, "").length / 4) * 4, "=");
}
