// What the edge serves right now: written by the control plane (table.py), held in this module, replaced whole.
import { env } from "cloudflare:workers";
import type { Transform } from "./transform";

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

/** One ingress rule of a tunnel (ingress.py): to a port of this machine, or a bare status. */
export type Rule = {
  /** A host or `*.suffix`; null: every host. */
  hostname: string | null;
  /** A regular expression of the decoded path; null: every path. */
  path: string | null;
} & ({ port: number } | { status: number });

export interface Table {
  /** Scheme of the edge's public URL. */
  scheme: "http" | "https";
  zone: string;
  /** The zone's request header rules, in order. */
  transforms: Transform[];
  /** Most specific first. */
  routes: Route[];
  /** Custom domains: host name to Worker. */
  domains: Record<string, string>;
  /** Names of proxied DNS records, with a leading `*.` for wildcards. */
  proxied: string[];
  /** Shares of the current deployment by Worker; empty if it has none. */
  workers: Record<string, Share[]>;
  /** Ingress rules by tunnel: null without a connector, empty without a configuration. */
  tunnels: Record<string, Rule[] | null>;
  /** Names of proxied records that lead into a tunnel, wildcards last, to the tunnel's id: it may be none of `tunnels`. */
  tunnelled: Record<string, string>;
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
  /** This machine's loopback: for tunnels alone, and never handed to a version. */
  LOOPBACK: Fetcher;
  [outbound: `OUTBOUND_${string}`]: Fetcher;
}

let current: Table = (env as unknown as Env).TABLE;

export const table = (): Table => current;

export function replaceTable(next: Table): void {
  current = next;
}
