/** What a client sent, read within limits, converted, and held against the manifest's schemas. A path or body without one is not read. */

import type { Exchange, Stage } from "../exchange.ts";
import type { Place, Route } from "../manifest.ts";
import { Problem } from "../problem.ts";
import { jsonBody, limitedBytes } from "./body.ts";
import { Form, type Values } from "./form.ts";

/** `bytes`: the body as it came; null where the route takes none. */
export interface Input extends Readonly<Record<Place, Values>> {
  readonly bytes: Uint8Array<ArrayBuffer> | null;
}

const NOTHING: Values = Object.freeze(Object.create(null) as Values);

/** Reads the input of SQL routes, whoever will answer them, and of the edge's own handlers. The rest streams to its tier. */
export const input: Stage = async (exchange, next) => {
  const { accept, declared, placed } = exchange.route;
  if (declared.run.kind === "sql" || (declared.run.kind === "handler" && placed.tier === "edge")) {
    exchange.input = await accept.read(exchange);
  }
  return next(exchange);
};

/** Reads one route's input. */
export class Acceptor {
  readonly #path: Form | null;
  readonly #query: Form | null;
  readonly #body: Form | null;
  readonly #bodyBytes: number;
  /** Detail of the 404 for a path whose values name nothing. */
  readonly #missing: string;

  constructor({ input, bodyBytes, run, path }: Route) {
    const wide = run.kind === "sql" ? run.statements.flatMap(({ args }) => args) : [];
    this.#path = input.path === null ? null : new Form(input.path, "path", wide);
    // Others hang queries of theirs on links to a page.
    this.#query = input.query === null && !path.startsWith("/api/") ? null : new Form(input.query, "query", wide);
    this.#body = input.body === null ? null : new Form(input.body, "body", wide);
    this.#bodyBytes = bodyBytes;
    this.#missing = (run.kind === "sql" ? run.answer.missing : null) ?? "There is nothing at this path.";
  }

  /** Throws Problem: 404 for the path, 400 for the query; 415, 413, 400, 422 for the body. */
  async read(exchange: Exchange): Promise<Input> {
    const path = this.#pathValues(exchange);
    const query = this.#query?.fromQuery(exchange.url) ?? NOTHING;
    if (this.#body === null) {
      return { path, query, body: NOTHING, bytes: null };
    }
    const { request } = exchange;
    const bytes = await limitedBytes(request, this.#bodyBytes);
    return { path, query, body: this.#body.fromBody(jsonBody(bytes)), bytes };
  }

  #pathValues({ asked, route }: Exchange): Values {
    if (this.#path === null || asked === null) {
      return NOTHING;
    }
    const values = this.#path.fromPath(route.parameters, asked.segments);
    if (values === null) {
      throw new Problem(404, this.#missing);
    }
    return values;
  }
}
