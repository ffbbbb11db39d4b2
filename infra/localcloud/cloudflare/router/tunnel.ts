// Into a tunnel: the first ingress rule that matches, and the service of this machine that it names.
//
// Each request gets a connection of its own, made over the loopback network that only this Worker is bound to, with an HTTP
// client on it that keeps the URL's host as Host. A `network` service's fetch would send the address instead, and an
// `external` service is fixed in workerd's configuration, so that a new port would need a restart.
import { internalNewHttpClient } from "cloudflare:sockets";
import * as pages from "./pages";
import { type Env, type Rule, type Table, table } from "./table";
import { covers } from "./routes";

declare module "cloudflare:sockets" {
  /** Of workerd with the flag `experimental` (sockets.h of 2026-11-17): it takes the socket over, for one request. */
  export function internalNewHttpClient(socket: Socket): Promise<Fetcher>;
}

/** The tunnel that a host's DNS record leads into: the host's own record, else that of a wildcard. */
export function tunnelOf({ tunnelled, proxied }: Table, host: string): string | undefined {
  const own = tunnelled[host];
  if (own !== undefined || proxied.includes(host)) return own;
  const wildcard = Object.keys(tunnelled).find((name) => covers(name, host));
  return wildcard === undefined ? undefined : tunnelled[wildcard];
}

/** The service's answer; `scheme` is what the visitor used, `extra` are headers beside those that every origin gets. */
export async function enter(
  request: Request,
  env: Env,
  tunnel: string,
  scheme: string,
  extra: Record<string, string>,
): Promise<Response> {
  const { hostname, pathname } = new URL(request.url);
  const rules = table().tunnels[tunnel];
  if (!rules) return pages.noConnector(hostname);
  const rule = rules.find((each) => matches(each, hostname, pathname));
  // cloudflared without rules (2026-11-23).
  if (rule === undefined) return new Response(null, { status: 503 });
  if ("status" in rule) return new Response(null, { status: rule.status });
  try {
    const socket = env.LOOPBACK.connect({ hostname: "127.0.0.1", port: rule.port }, { allowHalfOpen: true });
    await socket.opened;
    const service = await internalNewHttpClient(socket);
    return await service.fetch(handed(request, tunnel, scheme, extra));
  } catch (error) {
    console.error(`tunnel ${tunnel}: ${request.method} ${pathname} to 127.0.0.1:${rule.port} failed: ${String(error)}`);
    return pages.badGateway(hostname, rule.port);
  }
}

/** The request with Cloudflare's headers for an origin (Cloudflare HTTP headers docs, 2026-11-23). */
function handed(request: Request, tunnel: string, scheme: string, extra: Record<string, string>): Request {
  const own = new Request(request, { redirect: "manual" });
  const { headers } = own;
  const before = headers.get("x-forwarded-for");
  headers.set("cf-connecting-ip", "127.0.0.1");
  headers.set("cf-ipcountry", "XX");
  headers.set("cf-visitor", `{"scheme":"${scheme}"}`);
  headers.set("cf-warp-tag-id", tunnel);
  headers.set("cdn-loop", "cloudflare; loops=1");
  headers.set("x-forwarded-for", before === null ? "127.0.0.1" : `${before}, 127.0.0.1`);
  headers.set("x-forwarded-proto", scheme);
  for (const [name, value] of Object.entries(extra)) headers.set(name, value);
  return own;
}

const expressions = new Map<string, RegExp>();

function matches(rule: Rule, host: string, path: string): boolean {
  if (rule.hostname !== null && !covers(rule.hostname, host)) return false;
  if (rule.path === null) return true;
  let expression = expressions.get(rule.path);
  if (expression === undefined) {
    expression = new RegExp(rule.path);
    expressions.set(rule.path, expression);
  }
  return expression.test(decoded(path));
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
