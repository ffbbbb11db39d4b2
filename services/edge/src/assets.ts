import frontDoor from "../../contract/front-door.json";

import type { Exchange } from "./exchange.ts";
import { Problem } from "./problem.ts";

const ALLOW = "GET, HEAD, OPTIONS";

/** Its content is in its name. */
const HASHED = new RegExp(frontDoor.hashedAsset);

/** A static file, with the ETag that the platform gives it. */
export async function serveAsset(exchange: Exchange): Promise<Response> {
  exchange.label = "assets";
  const { method } = exchange.request;
  if (method === "OPTIONS") {
    return new Response(null, { status: 204, headers: { allow: ALLOW } });
  }
  if (method !== "GET" && method !== "HEAD") {
    throw new Problem(405, `This path answers ${ALLOW}.`, { headers: { allow: ALLOW } });
  }
  const { asset, caching } = await find(exchange);
  if (asset.status === 404) {
    throw new Problem(404, "There is nothing at this path.");
  }
  // Headers of a fetched response are immutable; a copy's are not.
  const response = new Response(asset.body, asset);
  response.headers.set("cache-control", caching);
  return response;
}

/** Where another version's page asks for what this one has not, this one's of that name goes, and nobody keeps it. */
async function find({ env, request, url }: Exchange): Promise<{ asset: Response; caching: string }> {
  const asset = await env.ASSETS.fetch(request);
  if (!HASHED.test(url.pathname)) {
    return { asset, caching: frontDoor.caching.asset };
  }
  if (asset.status !== 404) {
    return { asset, caching: frontDoor.caching.hashedAsset };
  }
  const plain = new URL(url.pathname.replace(HASHED, "$1$2"), url);
  return { asset: await env.ASSETS.fetch(new Request(plain, request)), caching: frontDoor.caching.asset };
}
