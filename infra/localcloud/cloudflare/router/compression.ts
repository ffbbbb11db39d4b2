// Compression towards visitors as the platform does it by itself (content compression docs, 2026-11-26): Brotli, as on
// the Pro plan (the Free plan's Zstandard is nothing workerd can encode), else gzip.

const TYPES = new Set([
  "text/html", "text/richtext", "text/plain", "text/css", "text/x-script", "text/x-component", "text/x-java-source",
  "text/x-markdown", "application/javascript", "application/x-javascript", "text/javascript", "text/js", "image/x-icon",
  "image/vnd.microsoft.icon", "application/x-perl", "application/x-httpd-cgi", "text/xml", "application/xml",
  "application/rss+xml", "application/vnd.api+json", "application/x-protobuf", "application/json", "multipart/bag",
  "multipart/mixed", "application/xhtml+xml", "font/ttf", "font/otf", "font/x-woff", "image/svg+xml",
  "application/vnd.ms-fontobject", "application/ttf", "application/x-ttf", "application/otf", "application/x-otf",
  "application/truetype", "application/opentype", "application/x-opentype", "application/font-woff", "application/eot",
  "application/font", "application/font-sfnt", "application/wasm", "application/javascript-binast",
  "application/manifest+json", "application/ld+json", "application/graphql+json", "application/geo+json",
]);
const STATUSES = new Set([200, 403, 404]);
const LEAST_BYTES = { br: 50, gzip: 48 } as const;

/** The answer as a visitor gets it. One whose length is not told counts as large. */
export function compressed(request: Request, response: Response): Response {
  const { headers } = response;
  const type = headers.get("content-type")?.split(";")[0]?.trim().toLowerCase() ?? "";
  if (response.body === null || !STATUSES.has(response.status) || !TYPES.has(type)) return response;
  if (request.method === "HEAD" || headers.has("content-encoding")) return response;
  if (headers.get("cache-control")?.includes("no-transform")) return response;
  const coding = chosen(request.headers.get("accept-encoding") ?? "");
  const length = headers.get("content-length");
  if (coding === null || (length !== null && Number(length) < LEAST_BYTES[coding])) return response;
  // A header of this name has workerd encode the body.
  const encoded = new Response(response.body, response);
  encoded.headers.set("content-encoding", coding);
  encoded.headers.append("vary", "accept-encoding");
  encoded.headers.delete("content-length");
  const tag = headers.get("etag");
  if (tag?.startsWith('"')) encoded.headers.set("etag", `W/${tag}`);
  return encoded;
}

function chosen(accepted: string): "br" | "gzip" | null {
  const codings = accepted
    .toLowerCase()
    .split(",")
    .map((each) => each.trim())
    .filter((each) => !/;\s*q=0(\.0*)?$/.test(each))
    .map((each) => each.split(";")[0]?.trim());
  return codings.includes("br") ? "br" : codings.includes("gzip") ? "gzip" : null;
}
