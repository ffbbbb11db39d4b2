// The platform's caches (Workers Cache API docs, 2026-11-23): one for each data centre, in memory, gone with the process.
import shim from "./caches.worker.js";

/** Where a version's `caches` sends its requests, which no network ever sees. */
export const CACHES_HOST = "caches.localcloud.invalid";

/** The data centres of the local cloud; the first one answers unless a visitor's request names another. */
export const COLOS = ["LOCAL", "AMS", "SIN"] as const;
export type Colo = (typeof COLOS)[number];

/** Names the data centre that a request reaches. Only here: on the platform that is the network's to decide. */
export const COLO_HEADER = "shoreline-local-colo";

export function coloOf(headers: Headers): Colo {
  const named = headers.get(COLO_HEADER);
  return COLOS.find((colo) => colo === named) ?? COLOS[0];
}

/** The modules of a version, with `caches` set up before the main one runs. */
export function withCaches(mainModule: string, modules: Record<string, WorkerLoaderModule>): Record<string, WorkerLoaderModule> {
  const main = modules[mainModule];
  if (main?.js === undefined) return modules;
  const up = "../".repeat(mainModule.split("/").length - 1) || "./";
  // On the first line: the numbers of the others stay.
  return { ...modules, [SHIM]: { js: shim }, [mainModule]: { js: `import "${up}${SHIM}";${main.js}` } };
}

const SHIM = "localcloud-caches.js";

interface Entry {
  /** JSON of status and headers. */
  about: string;
  body: ArrayBuffer;
  stored: number;
  expires: number;
}

/** Oldest first. */
const stores = new Map<Colo, Map<string, Entry>>(COLOS.map((colo) => [colo, new Map<string, Entry>()]));
const MOST_ENTRIES = 2_000;
const LARGEST_BYTES = 8 * 1024 * 1024;

/** A request of a version's `caches`. */
export async function answerCache(request: Request, colo: Colo): Promise<Response> {
  const store = stores.get(colo) as Map<string, Entry>;
  const key = `${request.headers.get("cache")} ${request.headers.get("key")}`;
  switch (request.method) {
    case "GET":
      return found(store, key);
    case "PUT":
      return keep(store, key, decodeURIComponent(request.headers.get("about") ?? ""), await request.arrayBuffer());
    case "DELETE":
      return new Response(null, { status: store.delete(key) ? 204 : 404 });
    default:
      return new Response(null, { status: 501 });
  }
}

function found(store: Map<string, Entry>, key: string): Response {
  const entry = store.get(key);
  if (entry === undefined || entry.expires <= Date.now()) return new Response(null, { status: 404 });
  const { status, headers } = JSON.parse(entry.about) as { status: number; headers: [string, string][] };
  const age = String(Math.floor((Date.now() - entry.stored) / 1000));
  const about = JSON.stringify({ status, headers: [...headers, ["age", age], ["cf-cache-status", "HIT"]] });
  return new Response(entry.body, { headers: { about: encodeURIComponent(about) } });
}

function keep(store: Map<string, Entry>, key: string, about: string, body: ArrayBuffer): Response {
  const seconds = lifetime(new Headers((JSON.parse(about) as { headers: [string, string][] }).headers));
  store.delete(key);
  if (seconds > 0 && body.byteLength <= LARGEST_BYTES) {
    store.set(key, { about, body, stored: Date.now(), expires: Date.now() + seconds * 1000 });
  }
  const [oldest] = store.keys();
  if (store.size > MOST_ENTRIES && oldest !== undefined) store.delete(oldest);
  return new Response(null, { status: 204 });
}

/** Of a 200 that names none (Cache docs, default edge TTL, 2026-11-23). */
const DEFAULT_SECONDS = 2 * 60 * 60;

/** For how many seconds it may be kept; 0: not at all. */
function lifetime(headers: Headers): number {
  if (headers.has("set-cookie")) return 0;
  const control = headers.get("cache-control")?.toLowerCase() ?? "";
  if (/\b(no-store|no-cache|private)\b/.test(control)) return 0;
  const age = /\bs-maxage=(\d+)/.exec(control) ?? /\bmax-age=(\d+)/.exec(control);
  return age === null ? DEFAULT_SECONDS : Number(age[1]);
}
