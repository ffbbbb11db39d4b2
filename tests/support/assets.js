// Serves the files of a folder as static assets: what the platform's ASSETS binding does, as far as these tests go.

const TYPES = { css: "text/css", html: "text/html", js: "text/javascript", svg: "image/svg+xml" };

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    const path = pathname.endsWith("/") ? `${pathname}index.html` : pathname;
    const file = await env.FILES.fetch(`http://files${path}`);
    const type = TYPES[path.split(".").at(-1)];
    if (!file.ok || type === undefined) {
      return new Response(null, { status: 404 });
    }
    const content = await file.arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", content)).toHex();
    const etag = `"${digest.slice(0, 32)}"`;
    const headers = { "content-type": type, "cache-control": "public, max-age=0, must-revalidate", etag };
    return request.headers.get("if-none-match") === etag
      ? new Response(null, { status: 304, headers })
      : new Response(content, { headers });
  },
};
