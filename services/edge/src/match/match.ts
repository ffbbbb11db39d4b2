/** Which route is asked for: 404, OPTIONS, 405; what is no route and not below /api is a static file. */

import { serveAsset } from "../assets.ts";
import type { Stage } from "../exchange.ts";
import { Problem } from "../problem.ts";
import { routeOf, router } from "../routes.ts";
import { segmentsOf } from "./path.ts";

export const match: Stage = async (exchange, next) => {
  const segments = segmentsOf(exchange.url.pathname);
  const found = router.match(segments);
  if (found === null) {
    if (segments[0] === "api") {
      throw new Problem(404, "There is nothing at this path.");
    }
    return serveAsset(exchange);
  }
  const { allow, byMethod } = found.endpoint;
  const { method } = exchange.request;
  if (method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow, "cache-control": "no-store" } });
  }
  const declared = byMethod.get(method === "HEAD" ? "GET" : method);
  if (declared === undefined) {
    throw new Problem(405, `This path answers ${allow}.`, { headers: { allow, "cache-control": "no-store" } });
  }
  const route = routeOf(declared);
  exchange.label = route.label;
  exchange.asked = { route, segments: found.values };
  return next(exchange);
};
