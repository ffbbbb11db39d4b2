// Where a Worker's own fetch goes: the local cloud's other vendors by host pattern, a custom domain's Worker, else the real network.
import { WorkerEntrypoint } from "cloudflare:workers";
import { answerCache, CACHES_HOST, type Colo } from "./caches";
import * as pages from "./pages";
import { run } from "./router";
import { covers } from "./routes";
import { type Env, table } from "./table";
import { enter, tunnelOf } from "./tunnel";

export class Outbound extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    const { colo } = (this.ctx as unknown as { props: { colo: Colo } }).props;
    const { hostname, protocol } = new URL(request.url);
    if (hostname === CACHES_HOST) return answerCache(request, colo);
    const { outbound, domains, zone } = table();
    const mapped = Object.keys(outbound).find((pattern) => covers(pattern, hostname));
    if (mapped !== undefined) return this.env[`OUTBOUND_${outbound[mapped]}`]!.fetch(request);
    const worker = domains[hostname];
    if (worker !== undefined) return run(request, this.env, this.ctx, worker, null, colo);
    const tunnel = tunnelOf(table(), hostname);
    if (tunnel !== undefined) return enter(request, this.env, tunnel, protocol.slice(0, -1), { "cf-worker": zone });
    // Names of the zone are never looked up: there is no DNS behind them.
    if (covers(zone, hostname) || covers(`*.${zone}`, hostname)) return pages.unknownHost(hostname);
    return this.env.INTERNET.fetch(request);
  }
}
