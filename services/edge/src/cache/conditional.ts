/** Conditional requests (RFC 9110, section 13): who has the answer already gets its head only. */

import type { Stage } from "../exchange.ts";

export const conditional: Stage = async (exchange, next) => {
  const response = await next(exchange);
  const known = exchange.request.headers.get("if-none-match");
  const etag = response.headers.get("etag");
  if (known === null || etag === null || response.status !== 200 || !matches(known, etag)) {
    return response;
  }
  await response.body?.cancel();
  const headers = new Headers(response.headers);
  headers.delete("content-type");
  headers.delete("content-length");
  return new Response(null, { status: 304, headers });
};

/** The weak comparison: a W/ makes no difference. */
function matches(known: string, etag: string): boolean {
  const opaque = etag.replace(/^W\//, "");
  return known.trim() === "*" || [...known.matchAll(/(?:W\/)?("[^"]*")/g)].some(([, tag]) => tag === opaque);
}
