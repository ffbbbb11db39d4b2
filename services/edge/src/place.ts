/** Which tier answers a request: the one place where that is decided. */

import type { Exchange } from "./exchange.ts";
import { connect, forward } from "./forward/proxy.ts";

export async function place(exchange: Exchange): Promise<Response> {
  const { declared, placed } = exchange.route;
  if (declared.run.kind === "websocket") {
    return connect(exchange);
  }
  // Only the server can ask the database who is a member.
  return placed.tier === "edge" && !exchange.membershipOpen ? executeHere(exchange) : forward(exchange);
}

export async function executeHere(exchange: Exchange): Promise<Response> {
  const { run, label } = exchange.route;
  if (run === null) {
    throw new TypeError(`the edge can't answer ${label}`);
  }
  return run(exchange);
}
