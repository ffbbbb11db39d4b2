/** Hands a request on to a server: as it came, less what is only for the edge, and signed. */

import frontDoor from "../../../contract/front-door.json";

import { checkOrigin, isSafe, notSetUp } from "../access/access.ts";
import type { Origin } from "../env.ts";
import { cookieOf, refreshCookieName } from "../access/session.ts";
import type { Exchange } from "../exchange.ts";
import { Problem } from "../problem.ts";
import { ordered } from "./origins.ts";
import { IDENTITY_HEADER, identityHeader, sign, SIGNATURE_HEADER } from "./signature.ts";
import { ask, DEADLINE_MS, STREAM_DEADLINE_MS, UpstreamFailure } from "./upstream.ts";

/** What is between two hops only (RFC 9110, section 7.6.1), for the edge only, or claims to tell of the way to it. */
const NOT_FORWARDED = matcher([...frontDoor.hopByHop, ...frontDoor.notForwarded]);

/** The refresh token for the api (services/api/handlers/session.py). */
const REFRESH_HEADER = "shoreline-refresh";

/** What is between a server and the edge, or about the server's software. */
const NOT_RETURNED = matcher([...frontDoor.hopByHop, ...frontDoor.notReturned]);

/** By this the front of a server (services/host/Caddyfile) knows whose services are asked for. */
const RELEASE_HEADER = "shoreline-release";

const SHORT_BODY_BYTES = 64 * 1024;

/** A request to a service on a server; its answer streams back. */
export async function forward(exchange: Exchange): Promise<Response> {
  const { request, input, route } = exchange;
  const headers = forwardedHeaders(request.headers);
  handOnRefreshToken(exchange, headers);
  const body = isSafe(request.method) ? null : input === null ? request.body : input.bytes;
  // The runtime tells the length of the body as it read it, which is not the header's where there are chunks, too
  // (RFC 9112, section 6.3).
  headers.delete("content-length");
  if (route.declared.cache !== null) {
    // What is cached must be a whole answer.
    headers.delete("if-none-match");
  }
  const response = await send(exchange, headers, body);
  return returned(exchange, new Response(response.body, response));
}

/** A WebSocket to a service on a server: the upgrade goes through here, then frames pass in both directions. */
export async function connect(exchange: Exchange): Promise<Response> {
  if (exchange.request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
    throw new Problem(426, "This path speaks WebSocket only.");
  }
  checkOrigin(exchange, true);
  // The people of one note meet on one server, as long as it is up.
  const note = exchange.asked?.segments[0];
  const response = await send(exchange, new Headers({ upgrade: "websocket" }), null, note);
  const { webSocket, status, headers } = response;
  const answer = webSocket
    ? new Response(null, { status, headers, webSocket })
    : new Response(response.body, response);
  return returned(exchange, answer);
}

/** Asks the servers in order. Another one than the first only where nothing can have happened yet. */
async function send(
  exchange: Exchange,
  headers: Headers,
  body: BodyInit | null,
  key = exchange.session?.user ?? exchange.id,
): Promise<Response> {
  const { request, env } = exchange;
  const origins = candidates(exchange, key);
  if (origins.length === 0 || env.EDGE_KEYS === undefined) {
    throw notSetUp();
  }
  const target = exchange.url.pathname + exchange.url.search;
  const { method } = request;
  const deadline = isLong(request) ? STREAM_DEADLINE_MS : DEADLINE_MS;
  let failure: unknown;
  for (const origin of origins) {
    exchange.origin = origin.name;
    try {
      await seal(headers, exchange, env.EDGE_KEYS, target);
      return await ask(origin, target, { method, headers, body }, deadline);
    } catch (error) {
      failure = error;
      if (!(isSafe(method) && error instanceof UpstreamFailure && error.kind === "unreachable")) {
        break;
      }
    }
  }
  throw failure;
}

/** Whether its body takes as long to come in as the client pleases. */
function isLong({ body, headers }: Request): boolean {
  return body !== null && Number(headers.get("content-length") ?? Infinity) > SHORT_BODY_BYTES;
}

/** A path that names a server is for that one only: it has the files. */
function candidates({ route, asked, env }: Exchange, key: string): readonly Origin[] {
  const all = env.ORIGINS ?? [];
  const at = route.parameters.indexOf("server");
  if (at === -1) {
    return ordered(all, key);
  }
  const named = all.filter(({ name }) => name === asked?.segments[at]);
  if (named.length === 0) {
    throw new Problem(404, "There is no such server.");
  }
  return named;
}

async function seal(headers: Headers, exchange: Exchange, keys: string, target: string): Promise<void> {
  const identity = exchange.session === null ? "" : identityHeader(exchange.session);
  const seconds = Math.floor(Date.now() / 1000);
  headers.set("x-request-id", exchange.id);
  if (exchange.env.SERVER_RELEASE !== undefined) {
    headers.set(RELEASE_HEADER, exchange.env.SERVER_RELEASE);
  }
  headers.set(SIGNATURE_HEADER, await sign(keys, { seconds, method: exchange.request.method, target, identity }));
  if (identity !== "") {
    headers.set(IDENTITY_HEADER, identity);
  }
}

/** The one cookie that a server needs: browsers send it to the routes of the session only. */
function handOnRefreshToken({ request, env }: Exchange, headers: Headers): void {
  const token = cookieOf(request.headers.get("cookie"), refreshCookieName(env.PUBLIC_URL ?? ""));
  if (token !== null) {
    headers.set(REFRESH_HEADER, token);
  }
}

function forwardedHeaders(inbound: Headers): Headers {
  const connection = (inbound.get("connection") ?? "").toLowerCase();
  const named = new Set(connection.split(",").map((name) => name.trim()));
  const headers = new Headers();
  for (const [name, value] of inbound) {
    if (!NOT_FORWARDED.test(name) && !named.has(name)) {
      headers.append(name, value);
    }
  }
  return headers;
}

function matcher(names: readonly string[]): RegExp {
  return new RegExp(`^(${names.join("|")})$`);
}

/** Notes who answered, and takes off what was for the edge. */
function returned(exchange: Exchange, response: Response): Response {
  exchange.servedBy = response.headers.get("x-served-by") ?? exchange.servedBy;
  exchange.upstreamTiming = response.headers.get("server-timing");
  for (const name of [...response.headers.keys()]) {
    if (NOT_RETURNED.test(name)) {
      response.headers.delete(name);
    }
  }
  return response;
}
