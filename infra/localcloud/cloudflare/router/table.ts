// What the edge serves right now: written by the control plane (table.py), held in this module, replaced whole.
import { env } from "cloudflare:workers";

export interface Route {
  /** "http" or "https" if the pattern names one; else both match. */
  scheme: string | null;
  /** Host name without its leading `*`. */
  host: string;
  hostWildcard: boolean;
  /** Path (and query) without its trailing `*`. */
  path: string;
  pathWildcard: boolean;
  /** null: matching requests run no Worker. */
  worker: string | null;
}

export interface Share {
  id: string;
  percentage: number;
}

export interface Table {
  /** Scheme of the edge's public URL. */
  scheme: "http" | "https";
  zone: string;
  /** Most specific first. */
  routes: Route[];
  /** Custom domains: host name to Worker. */
  domains: Record<string, string>;
  /** Names of proxied DNS records, with a leading `*.` for wildcards. */
  proxied: string[];
  /** Shares of the current deployment by Worker; empty if it has none. */
  workers: Record<string, Share[]>;
  /** Host patterns of the other vendors' data planes: to the name of the service that reaches them. */
  outbound: Record<string, string>;
}

export interface Env {
  TABLE: Table;
  CONTROL_KEY: string;
  LOADER: WorkerLoader;
  /** Files of versions: `<id>.code.json`, `<id>.assets.json`. */
  VERSIONS: Fetcher;
  /** Asset contents by hash. */
  ASSETS: Fetcher;
  INTERNET: Fetcher;
  [outbound: `OUTBOUND_${string}`]: Fetcher;
}

let current: Table = (env as unknown as Env).TABLE;

export const table = (): Table => current;

export function replaceTable(next: Table): void {
  current = next;
}
