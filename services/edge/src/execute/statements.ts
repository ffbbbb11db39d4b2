/** The values of a route's statements: bound by name from the request, never part of the SQL. */

import { v7 as uuidv7 } from "uuid";

import type { Input } from "../input/input.ts";
import type { Arg, Statement } from "../manifest.ts";
import type { Session } from "../access/session.ts";
import { encoder } from "./hrana.ts";

/** What the values of one request's statements come from. */
export interface Sources {
  readonly input: Input;
  readonly session: Session | null;
  readonly generated: Generated;
  readonly idempotency: { readonly route: string; readonly key: string } | null;
}

/** Made anew for every request, the same in all of its statements. */
export class Generated {
  readonly now = Date.now();
  #newId: string | null = null;

  get newId(): string {
    return (this.#newId ??= uuidv7());
  }
}

/** The statement with the values of a request, as Hrana takes it. `limit`: the field that asks for one row more. */
export function binder({ sql, args }: Statement, limit: string | null): (sources: Sources) => string {
  const encode = encoder(sql, args);
  const values = args.map((arg) => value(arg, limit));
  return (sources) => encode(values.map((each) => each(sources)));
}

function value({ from, field }: Arg, limit: string | null): (sources: Sources) => unknown {
  switch (from) {
    case "query":
      return field === limit
        ? ({ input }) => Number(input.query[field]) + 1
        : ({ input }) => input.query[field];
    case "path":
    case "body":
      return ({ input }) => input[from][field];
    case "caller":
      return ({ session }) => (field === "name" ? session?.name : session?.user);
    case "generated":
      return field === "now" ? ({ generated }) => generated.now : ({ generated }) => generated.newId;
    case "idempotency":
      return field === "key" ? ({ idempotency }) => idempotency?.key : ({ idempotency }) => idempotency?.route;
  }
}
