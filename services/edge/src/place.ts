/** Which tier answers a request: the one place where that is decided. */

import type { Exchange } from "./exchange.ts";
import { executeHere } from "./execute/here.ts";
import { connect, forward } from "./forward/proxy.ts";
import { subjectOf } from "./limit/subject.ts";
import { settingOf } from "./move/setting.ts";
import { shadowed } from "./move/shadow.ts";
import { isMoved } from "./move/split.ts";
import { answerHere } from "./move/way.ts";

export async function place(exchange: Exchange): Promise<Response> {
  const { declared, placed } = exchange.route;
  if (declared.run.kind === "websocket") {
    return connect(exchange);
  }
  // Only the server can ask the database who is a member.
  if (placed.tier !== "edge" || exchange.membershipOpen) {
    return forward(exchange);
  }
  // Code runs where it is; a stack without servers has one tier.
  return declared.run.kind === "sql" && hasServers(exchange) ? eitherTier(exchange) : executeHere(exchange);
}

async function eitherTier(exchange: Exchange): Promise<Response> {
  const { declared, placed } = exchange.route;
  const setting = await settingOf(exchange);
  const person = subjectOf(exchange, { per: placed.sticky });
  const side = isMoved(declared.name, person, setting.rollout) ? "edge" : "server";
  exchange.placing.side = side;
  return shadowed(exchange, side, setting.shadow, side === "edge" ? answerHere : forward);
}

function hasServers({ env }: Exchange): boolean {
  return env.EDGE_KEYS !== undefined && env.ORIGINS !== undefined && env.ORIGINS.length > 0;
}
