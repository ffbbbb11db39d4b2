// Static assets as the platform serves them (Workers static assets docs, 2026-11-23): which file answers a path, with which headers.
import { applyHeaders, redirected } from "./rules";
import type { AssetConfig } from "./versions";
import type { Env } from "./table";

export type Intent =
  | { file: string; status: 200 | 404 }
  | { redirect: string }
  | null;

type Files = AssetConfig["files"];

/** What the configuration does with a decoded path; null: no asset answers it. */
export function intend(config: AssetConfig, path: string): Intent {
  const found = config.htmlHandling === "none" ? exact(config.files, path) : html(config, path);
  return found ?? notFound(config, path);
}

const has = (files: Files, path: string): boolean => Object.hasOwn(files, path);

const exact = (files: Files, path: string): Intent => (has(files, path) ? { file: path, status: 200 } : null);

/** The file that a path stands for, or a redirect to the one path that this handling serves it at. */
function html(config: AssetConfig, path: string): Intent {
  const { files } = config;
  if (has(files, path) && !path.endsWith(".html")) return { file: path, status: 200 };
  for (const file of candidates(path)) {
    if (!has(files, file)) continue;
    const canonical = canonicalPath(config, file);
    if (canonical === path) return { file, status: 200 };
    // A canonical path that another file answers would lead elsewhere.
    if (standsFor(config, canonical) === file) return { redirect: canonical };
  }
  return exact(files, path);
}

/** HTML files that a path may mean, the likeliest first. */
function candidates(path: string): string[] {
  const stem = path.replace(/\/index(\.html)?$|\.html$|\/$/, "");
  const flat = stem === "" ? [] : [`${stem}.html`];
  const nested = [`${stem}/index.html`];
  if (path.endsWith("/") || /\/index(\.html)?$/.test(path)) return [...nested, ...flat];
  return [...flat, ...nested];
}

function canonicalPath(config: AssetConfig, file: string): string {
  const nested = file.endsWith("/index.html");
  const stem = nested ? file.slice(0, -"/index.html".length) : file.slice(0, -".html".length);
  if (stem === "") return "/";
  switch (config.htmlHandling) {
    case "force-trailing-slash":
      return `${stem}/`;
    case "drop-trailing-slash":
      return stem;
    default:
      return nested ? `${stem}/` : stem;
  }
}

function standsFor(config: AssetConfig, path: string): string | undefined {
  if (has(config.files, path)) return path;
  return candidates(path).find((file) => has(config.files, file) && canonicalPath(config, file) === path);
}

function notFound(config: AssetConfig, path: string): Intent {
  if (config.notFoundHandling === "single-page-application") {
    return has(config.files, "/index.html") ? { file: "/index.html", status: 200 } : null;
  }
  if (config.notFoundHandling !== "404-page") return null;
  for (let folder = path; folder !== ""; ) {
    folder = folder.slice(0, folder.lastIndexOf("/"));
    if (has(config.files, `${folder}/404.html`)) return { file: `${folder}/404.html`, status: 404 };
  }
  return null;
}

/** True if an asset answers this request before the Worker does. */
export function answers(config: AssetConfig, request: Request): boolean {
  const navigation = request.headers.get("sec-fetch-mode") === "navigate";
  const strict: AssetConfig = navigation ? config : { ...config, notFoundHandling: "none" };
  const path = new URL(request.url).pathname;
  return redirected(config.redirects, path) !== null || intend(strict, decoded(path)) !== null;
}

/** The answer of the assets alone: of a request that no Worker takes, or of a fetch on the assets binding. */
export async function serve(env: Env, config: AssetConfig, request: Request): Promise<Response> {
  const url = new URL(request.url);
  const rule = redirected(config.redirects, url.pathname);
  if (rule && rule.status !== 200) return redirect(rule.to, rule.status, url);
  const asked = rule ? new URL(rule.to, url).pathname : url.pathname;
  const path = decoded(asked);
  const intent = intend(config, path);
  if (intent === null) return new Response(null, { status: 404 });
  if (request.method !== "GET" && request.method !== "HEAD") {
    return new Response(null, { status: 405, headers: { allow: "GET, HEAD" } });
  }
  const destination = encoded("redirect" in intent ? intent.redirect : path);
  if ("redirect" in intent || destination !== asked) return redirect(destination, 307, url);
  return applyHeaders(config.headers, url, await file(env, config, request, intent));
}

async function file(
  env: Env,
  config: AssetConfig,
  request: Request,
  intent: { file: string; status: 200 | 404 },
): Promise<Response> {
  const { hash, type } = config.files[intent.file] as Files[string];
  const headers = new Headers({ etag: `"${hash}"`, "cache-control": "public, max-age=0, must-revalidate" });
  if (type !== null) headers.set("content-type", type);
  const held = request.headers.get("if-none-match")?.split(",").map((tag) => tag.trim().replace(/^W\//, ""));
  if (intent.status === 200 && (held?.includes(`"${hash}"`) || held?.includes("*"))) {
    return new Response(null, { status: 304, headers });
  }
  const stored = await env.ASSETS.fetch(`http://assets/${hash}`, { method: request.method });
  if (!stored.ok) throw new Error(`asset ${hash} is not on disk: ${stored.status}`);
  const length = stored.headers.get("content-length");
  if (length !== null) headers.set("content-length", length);
  return new Response(stored.body, { status: intent.status, headers });
}

function redirect(to: string, status: number, from: URL): Response {
  const target = new URL(to, from);
  const search = target.search || from.search;
  const origin = target.origin === from.origin ? "" : target.origin;
  return new Response(null, { status, headers: { location: `${origin}${target.pathname}${search}${target.hash}` } });
}

function decoded(path: string): string {
  return path
    .split("/")
    .map((segment) => {
      try {
        return decodeURIComponent(segment);
      } catch {
        return segment;
      }
    })
    .join("/")
    .replaceAll(/\/{2,}/g, "/");
}

const encoded = (path: string): string => path.split("/").map(encodeURIComponent).join("/");
