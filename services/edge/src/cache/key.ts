/** What a cached answer depends on. */

import type { Exchange } from "../exchange.ts";
import type { CacheRule } from "../manifest.ts";

/** The tenant that the request names: its answers and tags are apart from others'. "" where it names none. */
export function scopeOf({ asked, route, input }: Exchange): string {
  const { tenant } = route.declared;
  if (tenant === null) {
    return "";
  }
  const value =
    tenant.from === "path" ? asked?.segments[route.parameters.indexOf(tenant.field)] : input?.[tenant.from][tenant.field];
  return String(value);
}

export function keyOf(exchange: Exchange, { vary }: CacheRule): string {
  const { asked, url, input, route } = exchange;
  const query = input === null ? url.search : Object.entries(input.query).sort(([a], [b]) => (a < b ? -1 : 1));
  const varying = vary.filter((name) => name !== "query").map((name) => valueOf(exchange, name));
  return JSON.stringify(["answer", route.declared.name, scopeOf(exchange), asked?.segments, query, varying]);
}

function valueOf({ session, request }: Exchange, name: string): string {
  return (name === "caller" ? session?.user : request.headers.get(name)) ?? "";
}
