// The control plane's way in: a socket of its own, and a key that only the daemon knows.
import { WorkerEntrypoint } from "cloudflare:workers";
import { COLOS } from "./caches";
import { choose } from "./split";
import { taken } from "./tail";
import { type Env, replaceTable, type Table, table } from "./table";
import { forgetAllBut, load } from "./versions";

interface Event {
  worker: string;
  cron: string;
  /** Milliseconds since the epoch. */
  scheduledTime: number;
}

/** What workerd's service_binding_extra_handlers adds to a Fetcher. */
interface Schedulable {
  scheduled(event: { cron: string; scheduledTime: Date }): Promise<{ outcome: string }>;
}

export class Control extends WorkerEntrypoint<Env> {
  override async fetch(request: Request): Promise<Response> {
    if (request.headers.get("x-control-key") !== this.env.CONTROL_KEY) return new Response(null, { status: 403 });
    switch (`${request.method} ${new URL(request.url).pathname}`) {
      case "GET /ready":
        return new Response("ready");
      case "PUT /table":
        return this.replace(await request.json<Table>());
      case "POST /scheduled":
        return this.fire(await request.json<Event>());
      case "POST /traces":
        return Response.json(taken());
      default:
        return new Response(null, { status: 404 });
    }
  }

  private replace(next: Table): Response {
    replaceTable(next);
    forgetAllBut(new Set(Object.values(next.workers).flatMap((shares) => shares.map((share) => share.id))));
    return new Response(null, { status: 204 });
  }

  private async fire(event: Event): Promise<Response> {
    const version = choose(event.worker, table().workers[event.worker] ?? [], new Headers());
    if (version === null) return Response.json({ outcome: "notDeployed", version, error: null });
    try {
      const entrypoint = load(this.env, this.ctx, version, COLOS[0]) as unknown as Schedulable;
      const { outcome } = await entrypoint.scheduled({
        cron: event.cron,
        scheduledTime: new Date(event.scheduledTime),
      });
      return Response.json({ outcome, version, error: null });
    } catch (error) {
      const text = String(error);
      console.error(`worker ${event.worker} version ${version}: cron ${event.cron} failed: ${text}`);
      return Response.json({ outcome: "exception", version, error: text });
    }
  }
}
