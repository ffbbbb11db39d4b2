// The edge of the local cloud. A request's path: header rules -> host and route -> Worker -> version -> assets or code.
import { WorkerEntrypoint } from "cloudflare:workers";
import { answers, serve } from "./assets";
import { type Colo, COLO_HEADER, coloOf, COLOS } from "./caches";
import { compressed } from "./compression";
import { Control } from "./control";
import { Outbound } from "./outbound";
import * as pages from "./pages";
import { RateLimit } from "./ratelimit";
import { find } from "./routes";
import { assetsOnly, workerFirst } from "./rules";
import { Tail } from "./tail";
import { choose, KEY_HEADER, OVERRIDES_HEADER } from "./split";
import { type Env, table } from "./table";
import { transform } from "./transform";
import { enter, tunnelOf } from "./tunnel";
import { assetConfig, load } from "./versions";

export { Control, Outbound, RateLimit, Tail };

export default {
  async fetch(asked, env, ctx): Promise<Response> {
    const request = transform(asked, table().transforms);
    const url = new URL(request.url);
    url.protocol = table().scheme;
    const found = find(table(), url);
    if ("unknown" in found) return pages.unknownHost(found.unknown);
    if ("origin" in found) {
      const tunnel = tunnelOf(table(), found.origin);
      if (tunnel === undefined) return pages.noOrigin(found.origin);
      return compressed(request, await enter(request, env, tunnel, table().scheme, { "cf-ray": ray() }));
    }
    const colo = coloOf(request.headers);
    return compressed(request, await run(arrived(request, url, colo), env, ctx, found.worker, null, colo));
  },
} satisfies ExportedHandler<Env>;

/** Runs a Worker's current deployment; its failure becomes Cloudflare's page and a line in the log. */
export async function run(
  request: Request,
  env: Env,
  ctx: unknown,
  worker: string,
  entrypoint: string | null,
  colo: Colo,
): Promise<Response> {
  const id = choose(worker, table().workers[worker] ?? [], request.headers);
  if (id === null) return pages.notDeployed(worker);
  try {
    return await answer(request, env, ctx, id, entrypoint, colo);
  } catch (error) {
    const text = String(error);
    // The stack is lost between isolates: tail.ts logs it.
    console.error(`worker ${worker} version ${id}: ${request.method} ${new URL(request.url).pathname} failed: ${text}`);
    return /exceeded.*(cpu|time limit)/i.test(text) ? pages.exceededLimits() : pages.threw();
  }
}

async function answer(
  request: Request,
  env: Env,
  ctx: unknown,
  id: string,
  entrypoint: string | null,
  colo: Colo,
): Promise<Response> {
  const code = (): Promise<Response> => load(env, ctx, id, colo, entrypoint ?? undefined).fetch(request);
  const config = entrypoint === null ? await assetConfig(env, id) : null;
  if (config === null || (config.script && config.runWorkerFirst === true)) return code();
  const path = new URL(request.url).pathname;
  if (!config.script || assetsOnly(config.runWorkerFirst, path)) return serve(env, config, request);
  if (workerFirst(config.runWorkerFirst, path)) return code();
  return answers(config, request) ? serve(env, config, request) : code();
}

const CF = {
  country: "XX",
  httpProtocol: "HTTP/1.1",
  asOrganization: "Shoreline local cloud",
} as unknown as CfProperties;

/** The request with its ray, `cf` and the public scheme; the socket has set Cloudflare's other headers already. */
function arrived(request: Request, url: URL, colo: Colo): Request {
  const cf = { ...CF, colo };
  const handed = new Request(url.protocol === "http:" ? request : new Request(url.href, request), { cf });
  handed.headers.set("cf-ray", ray(colo));
  handed.headers.delete(COLO_HEADER);
  return handed;
}

function ray(colo: Colo = COLOS[0]): string {
  const half = (): string => Math.floor(Math.random() * 2 ** 32).toString(16).padStart(8, "0");
  return `${half()}${half()}-${colo}`;
}

/** A version's assets binding. */
export class Assets extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { version } = (this.ctx as unknown as { props: { version: string } }).props;
    const config = await assetConfig(this.env, version);
    return config === null ? new Response(null, { status: 404 }) : serve(this.env, config, request);
  }
}

interface ServiceProps {
  worker: string;
  entrypoint: string | null;
  colo: Colo;
}

/** A service binding: the target's current deployment, by HTTP. */
export class Service extends WorkerEntrypoint<Env> {
  override fetch(request: Request): Promise<Response> {
    const { worker, entrypoint, colo } = (this.ctx as unknown as { props: ServiceProps }).props;
    const own = new Request(request);
    for (const name of [KEY_HEADER, OVERRIDES_HEADER]) own.headers.delete(name);
    return run(own, this.env, this.ctx, worker, entrypoint, colo);
  }
}
