// Runs in each version before its own code: `caches`, which workerd gives only to Workers of its configuration.
// What it keeps is in the router (caches.ts), one store for each data centre.

const STORE = "https://caches.localcloud.invalid/";
const send = globalThis.fetch;

class Cache {
  #name;

  constructor(name) {
    this.#name = name;
  }

  async match(input, options = {}) {
    const request = new Request(input);
    if (request.method !== "GET" && options.ignoreMethod !== true) {
      return undefined;
    }
    if (request.headers.has("range")) {
      throw new TypeError("The local cloud's cache answers no Range requests.");
    }
    const found = await this.#ask("GET", request);
    if (found.status === 404) {
      await found.body?.cancel();
      return undefined;
    }
    const { status, headers } = JSON.parse(decodeURIComponent(found.headers.get("about")));
    const answer = new Response(NULL_BODIES.has(status) ? null : found.body, { status, headers });
    const [known, etag] = [request.headers.get("if-none-match"), answer.headers.get("etag")];
    return known !== null && known === etag ? new Response(null, { status: 304, headers }) : answer;
  }

  async put(input, response) {
    const request = new Request(input);
    if (request.method !== "GET") {
      throw new TypeError("Cannot cache response to non-GET request.");
    }
    if (response.status === 206) {
      throw new TypeError("Cannot cache response to a range request (206 Partial Content).");
    }
    if (response.headers.get("vary")?.includes("*")) {
      throw new TypeError("Cannot cache response with 'Vary: *' header.");
    }
    const about = JSON.stringify({ status: response.status, headers: [...response.headers] });
    await (await this.#ask("PUT", request, response.body, about)).body?.cancel();
  }

  async delete(input) {
    const gone = await this.#ask("DELETE", new Request(input));
    await gone.body?.cancel();
    return gone.status === 204;
  }

  #ask(method, request, body = null, about = "") {
    const headers = { cache: encodeURIComponent(this.#name), key: encodeURIComponent(request.url) };
    return send(STORE, { method, body, headers: { ...headers, about: encodeURIComponent(about) } });
  }
}

const NULL_BODIES = new Set([101, 204, 205, 304]);
const named = new Map();

Object.defineProperty(globalThis, "caches", {
  value: {
    default: new Cache("default"),
    async open(name) {
      if (!named.has(name)) {
        named.set(name, new Cache(`named ${name}`));
      }
      return named.get(name);
    },
  },
});
