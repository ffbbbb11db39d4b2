// Which Worker a URL runs, by Cloudflare's rules (Workers routing docs, 2026-11-23): a route before a custom domain,
// the most specific route first, no Worker where the most specific route has none.
import type { Route, Table } from "./table";

export type Found = { worker: string } | { origin: string } | { unknown: string };

/** `worker`: it runs; `origin`: a DNS record without a Worker; `unknown`: the edge knows no such host. */
export function find(table: Table, url: URL): Found {
  const host = url.hostname;
  const domain = table.domains[host];
  if (domain === undefined && !table.proxied.some((name) => covers(name, host))) return { unknown: host };
  const scheme = url.protocol.slice(0, -1);
  const target = url.pathname + url.search;
  const route = table.routes.find((candidate) => matches(candidate, scheme, host, target));
  if (route) return route.worker === null ? { origin: host } : { worker: route.worker };
  return domain === undefined ? { origin: host } : { worker: domain };
}

export function matches(route: Route, scheme: string, host: string, target: string): boolean {
  if (route.scheme !== null && route.scheme !== scheme) return false;
  if (route.hostWildcard ? !host.endsWith(route.host) : host !== route.host) return false;
  return route.pathWildcard ? target.startsWith(route.path) : target === route.path;
}

/** `name` is a host or `*.suffix`, which covers every host below the suffix and not the suffix itself. */
export function covers(name: string, host: string): boolean {
  return name.startsWith("*.") ? host.endsWith(name.slice(1)) && host.length >= name.length : host === name;
}
