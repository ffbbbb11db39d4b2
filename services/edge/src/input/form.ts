/** One schema of the manifest: converts what came as text, fills in defaults, and names every field at fault. */

import { type Fault, manifest, type Validator, validators } from "shoreline:manifest";

import type { Arg, Place, Property } from "../manifest.ts";
import { type FieldError, Problem } from "../problem.ts";

/** By field; without a prototype where the names are the client's. */
export type Values = Readonly<Record<string, unknown>>;

type Convert = (text: string) => unknown;

const REFUSALS = { body: [422, "The body is not valid."], query: [400, "The query is not valid."] } as const;
const GIVEN_TWICE = "is given more than once";

export class Form {
  readonly #place: Place;
  readonly #validate: Validator;
  readonly #words: ReadonlyMap<string, string>;
  readonly #converts: ReadonlyMap<string, Convert>;
  /** Decimal strings that must be 64-bit integers, which no schema says. */
  readonly #wide: readonly string[];

  /** `schema` null takes no field. `args`: what the route's statements take. */
  constructor(schema: string | null, place: Place, args: readonly Arg[]) {
    const validate = schema === null ? takesNothing : validators[schema];
    if (validate === undefined) {
      throw new Error(`the manifest has no schema ${schema}`);
    }
    const properties = Object.entries((schema === null ? null : manifest.schemas[schema])?.properties ?? {});
    this.#place = place;
    this.#validate = validate;
    this.#words = new Map(properties.map(([name, { description }]) => [name, description]));
    this.#converts = new Map(properties.map(([name, property]) => [name, converter(property)]));
    const wide = args.filter(({ from, type }) => from === place && type === "int64").map(({ field }) => field);
    this.#wide = [...new Set(wide)];
  }

  /** The values of a path's parameters; null where they name nothing. */
  fromPath(names: readonly string[], segments: readonly string[]): Values | null {
    const values = empty();
    names.forEach((name, index) => {
      values[name] = this.#converted(name, segments[index] ?? "");
    });
    return this.#faults(values).size === 0 ? values : null;
  }

  /** Throws Problem 400. */
  fromQuery(url: URL): Values {
    const values = empty();
    const twice = new Map<string, string>();
    if (url.search !== "") {
      for (const [name, text] of url.searchParams) {
        if (Object.hasOwn(values, name)) {
          twice.set(name, GIVEN_TWICE);
        } else {
          values[name] = this.#converted(name, text);
        }
      }
    }
    return this.#checked(values, twice);
  }

  /** Throws Problem 422. */
  fromBody(value: unknown): Values {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#refusal([{ path: this.#place, message: "must be a JSON object" }]);
    }
    return this.#checked(value as Record<string, unknown>, new Map());
  }

  #converted(name: string, text: string): unknown {
    return this.#converts.get(name)?.(text) ?? text;
  }

  /** `told`: faults that are known already; no other is looked for in their fields. */
  #checked(values: Record<string, unknown>, told: ReadonlyMap<string, string>): Values {
    const faults = this.#faults(values);
    if (faults.size === 0 && told.size === 0) {
      return values;
    }
    const errors = [...new Map([...faults, ...told])].map(([name, message]) => ({ path: `${this.#place}/${name}`, message }));
    throw this.#refusal(errors.sort((a, b) => (a.path < b.path ? -1 : 1)));
  }

  #refusal(errors: readonly FieldError[]): Problem {
    const [status, detail] = REFUSALS[this.#place === "body" ? "body" : "query"];
    return new Problem(status, detail, { errors });
  }

  /** What is wrong, by field; one message each. */
  #faults(values: Record<string, unknown>): Map<string, string> {
    const messages = new Map<string, string>();
    if (!this.#validate(values)) {
      for (const fault of this.#validate.errors ?? []) {
        const [name, message] = this.#explained(fault);
        messages.set(name, messages.get(name) ?? message);
      }
    }
    for (const name of this.#wide) {
      if (typeof values[name] === "string" && !fitsInt64(values[name])) {
        messages.set(name, this.#mustBe(name));
      }
    }
    return messages;
  }

  #explained({ keyword, params, instancePath }: Fault): [name: string, message: string] {
    switch (keyword) {
      case "required":
        return [String(params["missingProperty"]), "is missing"];
      case "additionalProperties":
        return [String(params["additionalProperty"]), "is not known here"];
      default: {
        const name = instancePath.split("/")[1] ?? "";
        return [name, this.#mustBe(name)];
      }
    }
  }

  #mustBe(name: string): string {
    return `must be ${this.#words.get(name) ?? "different"}`;
  }
}

function empty(): Record<string, unknown> {
  // Without a prototype: a parameter may be called __proto__.
  return Object.create(null) as Record<string, unknown>;
}

const takesNothing: Validator & { errors?: readonly Fault[] } = (data) => {
  takesNothing.errors = Object.keys(data as object).map((additionalProperty) => ({
    keyword: "additionalProperties",
    instancePath: "",
    params: { additionalProperty },
  }));
  return takesNothing.errors.length === 0;
};

/** What doesn't convert stays text, for the schema to refuse. */
function converter({ type }: Property): Convert {
  switch (typeof type === "string" ? type : type?.find((each) => each !== "null")) {
    case "integer":
      return (text) => (/^-?(0|[1-9][0-9]*)$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : text);
    case "number":
      return (text) => (NUMBER.test(text) && Number.isFinite(Number(text)) ? Number(text) : text);
    case "boolean":
      return (text) => (text === "true" ? true : text === "false" ? false : text);
    default:
      return (text) => text;
  }
}

/** As JSON writes numbers. */
const NUMBER = /^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?$/;

/** `text` in decimal digits, as the schema has seen to. */
function fitsInt64(text: string): boolean {
  return /^-?[0-9]{1,19}$/.test(text) && BigInt.asIntN(64, BigInt(text)) === BigInt(text);
}
