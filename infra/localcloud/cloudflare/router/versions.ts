// Loads a version's code into an isolate of its own, and its asset configuration, from the files the control plane wrote.
import { type Colo, withCaches } from "./caches";
import type { Env } from "./table";

export type Binding =
  | { name: string; type: "value"; value: unknown }
  | { name: string; type: "assets" }
  | { name: string; type: "service"; service: string; entrypoint: string | null }
  | { name: string; type: "ratelimit"; namespace: string; limit: number; period: number };

interface CodeModule {
  name: string;
  kind: "js" | "cjs" | "text" | "json" | "data" | "wasm";
  /** base64 for data and wasm. */
  body: string;
}

interface Code {
  worker: string;
  mainModule: string;
  modules: CodeModule[];
  compatibilityDate: string;
  compatibilityFlags: string[];
  bindings: Binding[];
  limits: { cpuMs?: number; subRequests?: number };
}

export interface Rule {
  pattern: string;
  lines: Record<string, string>;
  removed: string[];
}

export interface Redirect {
  from: string;
  to: string;
  status: number;
}

export interface AssetConfig {
  /** false for a version that is assets only. */
  script: boolean;
  htmlHandling: "auto-trailing-slash" | "force-trailing-slash" | "drop-trailing-slash" | "none";
  notFoundHandling: "none" | "404-page" | "single-page-application";
  runWorkerFirst: boolean | string[];
  files: Record<string, { hash: string; type: string | null }>;
  headers: Rule[];
  redirects: Redirect[];
}

/** The classes of this Worker that versions get as bindings; each call makes a stub with its own props. */
interface Exports {
  Assets(options: { props: { version: string } }): Fetcher;
  Service(options: { props: { worker: string; entrypoint: string | null; colo: Colo } }): Fetcher;
  RateLimit(options: { props: { namespace: string; limit: number; period: number } }): unknown;
  Outbound(options: { props: { worker: string; version: string; colo: Colo } }): Fetcher;
  Tail(options: { props: { worker: string; version: string } }): Fetcher;
}

const configs = new Map<string, Promise<AssetConfig | null>>();

/** Its asset configuration, or null if the version has no assets. */
export function assetConfig(env: Env, id: string): Promise<AssetConfig | null> {
  let config = configs.get(id);
  if (config === undefined) {
    config = read<AssetConfig>(env, `${id}.assets.json`);
    config.catch(() => configs.delete(id));
    configs.set(id, config);
  }
  return config;
}

export function forgetAllBut(ids: Set<string>): void {
  for (const id of configs.keys()) if (!ids.has(id)) configs.delete(id);
}

/** `ctx` is the caller's context: what it exports is looked up only for a version that is not loaded yet. */
export function load(env: Env, ctx: unknown, id: string, colo: Colo, entrypoint?: string): Fetcher {
  // Isolates are of one data centre: what they keep in memory is not another one's.
  return env.LOADER.get(`${id} ${colo}`, () => workerCode(env, ctx, id, colo)).getEntrypoint(entrypoint) as Fetcher;
}

async function workerCode(env: Env, ctx: unknown, id: string, colo: Colo): Promise<WorkerLoaderWorkerCode> {
  const { exports } = ctx as { exports: Exports };
  const code = await read<Code>(env, `${id}.code.json`);
  if (code === null) throw new Error(`version ${id} has no code on disk`);
  return {
    compatibilityDate: code.compatibilityDate,
    compatibilityFlags: code.compatibilityFlags,
    mainModule: code.mainModule,
    modules: withCaches(code.mainModule, Object.fromEntries(code.modules.map((each) => [each.name, loaded(each)]))),
    env: Object.fromEntries(code.bindings.map((binding) => [binding.name, bound(binding, exports, id, colo)])),
    limits: code.limits,
    globalOutbound: exports.Outbound({ props: { worker: code.worker, version: id, colo } }),
    tails: [exports.Tail({ props: { worker: code.worker, version: id } })],
  };
}

function loaded(module: CodeModule): WorkerLoaderModule {
  switch (module.kind) {
    case "json":
      return { json: JSON.parse(module.body) as unknown };
    case "data":
    case "wasm":
      return { [module.kind]: Uint8Array.from(atob(module.body), (char) => char.charCodeAt(0)).buffer };
    default:
      return { [module.kind]: module.body };
  }
}

function bound(binding: Binding, exports: Exports, version: string, colo: Colo): unknown {
  switch (binding.type) {
    case "value":
      return binding.value;
    case "assets":
      return exports.Assets({ props: { version } });
    case "service":
      return exports.Service({ props: { worker: binding.service, entrypoint: binding.entrypoint, colo } });
    case "ratelimit":
      return exports.RateLimit({ props: binding });
  }
}

async function read<T>(env: Env, file: string): Promise<T | null> {
  const response = await env.VERSIONS.fetch(`http://versions/${file}`);
  if (response.status === 404) return null;
  if (!response.ok) throw new Error(`reading ${file}: ${response.status}`);
  return response.json<T>();
}
