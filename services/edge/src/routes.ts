/** The routes as this isolate runs them: each is prepared when it is first asked for, so that many of them cost no start. */

import { manifest, placement } from "shoreline:manifest";

import type { Handler } from "./exchange.ts";
import { compileSql, type SqlRun } from "./execute/execute.ts";
import { handlers } from "./handlers/handlers.ts";
import { Acceptor } from "./input/input.ts";
import type { Placed, Route } from "./manifest.ts";
import { parameterNames, Router } from "./match/router.ts";

export class EdgeRoute {
  readonly method: string;
  readonly path: string;
  /** For the log: the pattern, never the path itself, which may name people. */
  readonly label: string;
  readonly parameters: readonly string[];
  readonly accept: Acceptor;
  /** How the edge answers; null where only another tier can. */
  readonly run: SqlRun | Handler | null;

  constructor(
    readonly declared: Route,
    readonly placed: Placed,
  ) {
    this.method = declared.method;
    this.path = declared.path;
    this.label = `${declared.method} ${declared.path}`;
    this.parameters = parameterNames(declared.path);
    this.accept = new Acceptor(declared);
    this.run = runOf(declared);
  }
}

function runOf({ run, name }: Route): SqlRun | Handler | null {
  switch (run.kind) {
    case "sql":
      return compileSql(run, name);
    case "handler":
      return handlers[run.name] ?? null;
    default:
      return null;
  }
}

for (const { name, run } of manifest.routes) {
  if (placement.routes[name] === undefined) {
    throw new Error(`the placement has no route ${name}`);
  }
  if (placement.routes[name].tier === "edge" && run.kind === "handler" && handlers[run.name] === undefined) {
    throw new Error(`route ${name}: the edge has no handler ${run.name}`);
  }
}

/** Static files answer whatever matches none of these. */
export const router = new Router(manifest.routes.filter(({ run }) => run.kind !== "asset"));

const prepared = new Map<Route, EdgeRoute>();

export function routeOf(declared: Route): EdgeRoute {
  let route = prepared.get(declared);
  if (route === undefined) {
    route = new EdgeRoute(declared, placement.routes[declared.name] as Placed);
    prepared.set(declared, route);
  }
  return route;
}
