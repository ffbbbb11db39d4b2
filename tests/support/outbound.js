// Where the Worker's outbound requests go in tests: as the local cloud sends them, by host and path.

const SERVER = /^(.+)\.servers\.localhost$/;

export default {
  fetch(request, env) {
    const url = new URL(request.url);
    if (url.hostname.endsWith(".upstash.localhost")) {
      return env.redis.fetch(request);
    }
    const server = SERVER.exec(url.hostname)?.[1];
    if (server === undefined) {
      return env.DATABASE.fetch(request);
    }
    const service = url.pathname.startsWith("/api/realtime") ? "realtime" : "api";
    // A tunnel without a connector: Cloudflare's own answer.
    return env[`${server} ${service}`]?.fetch(request) ?? new Response("error code: 1033", { status: 530 });
  },
};
