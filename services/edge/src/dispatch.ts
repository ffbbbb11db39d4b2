/** Decides who answers: below /api the route's tier, if the request may come in; elsewhere the static assets. */

import { checkOrigin, isSafe, requireSession } from "./access.ts";
import { serveAsset } from "./assets.ts";
import type { Exchange } from "./exchange.ts";
import { segmentsOf } from "./path.ts";
import { Problem } from "./problem.ts";
import { parameterNames, Router } from "./router.ts";
import { routes } from "./routes.ts";

const router = new Router(routes);
const namesByPath = new Map(routes.map((route) => [route.path, parameterNames(route.path)]));

export async function dispatch(exchange: Exchange): Promise<Response> {
  const segments = segmentsOf(exchange.url.pathname);
  if (segments[0] !== "api") {
    return serveAsset(exchange);
  }
  const match = router.match(segments);
  if (match === null) {
    throw new Problem(404, "There is nothing at this path.");
  }
  const { method } = exchange.request;
  if (method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow: match.endpoint.allow } });
  }
  const route = match.endpoint.byMethod.get(method === "HEAD" ? "GET" : method);
  if (route === undefined) {
    throw new Problem(405, `This path answers ${match.endpoint.allow}.`, { headers: { allow: match.endpoint.allow } });
  }
  exchange.route = `${route.method} ${route.path}`;
  if (!isSafe(method)) {
    checkOrigin(exchange, false);
  }
  if (route.access === "session") {
    exchange.session = await requireSession(exchange);
  }
  return route.handler(exchange, named(namesByPath.get(route.path) ?? [], match.values));
}

function named(names: readonly string[], values: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.map((name, index) => [name, values[index] ?? ""]));
}
