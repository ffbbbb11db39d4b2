import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

const ALLOW = "GET, HEAD, OPTIONS";

/** A static file, with the ETag and caching that the platform gives it. */
export async function serveAsset(exchange: Exchange): Promise<Response> {
  exchange.label = "assets";
  const { method } = exchange.request;
  if (method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow: ALLOW } });
  }
  if (method !== "GET" && method !== "HEAD") {
    throw new Problem(405, `This path answers ${ALLOW}.`, { headers: { allow: ALLOW } });
  }
  const asset = await exchange.env.ASSETS.fetch(exchange.request);
  if (asset.status === 404) {
    throw new Problem(404, "There is nothing at this path.");
  }
  // Headers of a fetched response are immutable; a copy's are not.
  return new Response(asset.body, asset);
}
