import type { Exchange } from "../exchange.ts";

/** The edge's own answer: from the route's SQL, or its handler. */
export async function executeHere(exchange: Exchange): Promise<Response> {
  const { run, label } = exchange.route;
  if (run === null) {
    throw new TypeError(`the edge can't answer ${label}`);
  }
  return run(exchange);
}
