import { Database } from "./database.ts";
import type { Env } from "./env.ts";
import type { Session } from "./session.ts";

/** One request on its way, and what its stages learn about it. */
export class Exchange {
  readonly url: URL;
  readonly database: Database;
  readonly started = performance.now();
  /** Set by the `identity` stage. */
  id = "";
  /** The pattern of the route that matched, for the log; never the path itself, which may name people. */
  route: string | null = null;
  /** Who asks, where the route needs to know. */
  session: Session | null = null;
  /** The tier that answered. */
  servedBy = "edge";
  /** The server that was asked last. */
  origin: string | null = null;
  /** Server-Timing of the service that answered. */
  upstreamTiming: string | null = null;
  /** What went wrong, for the log only: never sent to the client. */
  failure: string | null = null;

  constructor(
    readonly request: Request,
    readonly env: Env,
  ) {
    this.url = new URL(request.url);
    this.database = new Database(env);
  }

  /** Milliseconds since the request came in. The platform's clock stands still between two reads or writes. */
  elapsed(): number {
    return performance.now() - this.started;
  }
}

export type Handler = (exchange: Exchange) => Promise<Response>;
export type Stage = (exchange: Exchange, next: Handler) => Promise<Response>;

/** The stages around `handler`, the first one outermost. */
export function pipeline(stages: readonly Stage[], handler: Handler): Handler {
  return stages.reduceRight<Handler>((next, stage) => (exchange) => stage(exchange, next), handler);
}
