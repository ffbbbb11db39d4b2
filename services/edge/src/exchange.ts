import type { Session } from "./access/session.ts";
import type { Env } from "./env.ts";
import { Database } from "./execute/database.ts";
import type { Input } from "./input/input.ts";
import type { EdgeRoute } from "./routes.ts";

/** What the platform gives beside the request: work after the answer. */
export type Afterwards = Pick<ExecutionContext, "waitUntil">;

/** How a request was placed, for the log. */
export interface Placing {
  /** Null where only one tier can answer. */
  side: "edge" | "server" | null;
  /** How old the operator's switches were; null where none are known. */
  switchesAgeMs: number | null;
  /** Why the server answered in the edge's place. */
  fallback: string | null;
}

/** One request on its way, and what its stages learn about it. */
export class Exchange {
  readonly url: URL;
  readonly database: Database;
  readonly started = performance.now();
  /** Set by the `identity` stage. */
  id = "";
  /** What was asked for, for the log: a route's pattern; never the path itself, which may name people. */
  label: string | null = null;
  /** The route that matched, and the path's decoded parameters from left to right. */
  asked: { readonly route: EdgeRoute; readonly segments: readonly string[] } | null = null;
  /** Who asks, where the route needs to know. */
  session: Session | null = null;
  /** The token doesn't say whether its person is a member: only the server can. */
  membershipOpen = false;
  /** What the client sent, where the edge reads it. */
  input: Input | null = null;
  readonly placing: Placing = { side: null, switchesAgeMs: null, fallback: null };
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
    readonly afterwards: Afterwards,
  ) {
    this.url = new URL(request.url);
    this.database = new Database(env);
  }

  /** The route that matched: there is one below the `match` stage. */
  get route(): EdgeRoute {
    if (this.asked === null) {
      throw new TypeError("no route has matched");
    }
    return this.asked.route;
  }

  /** Milliseconds since the request came in. The platform's clock stands still between two reads or writes. */
  elapsed(): number {
    return performance.now() - this.started;
  }

  /** The same request with a course of its own: to be answered again after the answer. */
  fork(): Exchange {
    const fork = new Exchange(this.request, this.env, this.afterwards);
    const { id, label, asked, session, membershipOpen, input } = this;
    return Object.assign(fork, { id, label, asked, session, membershipOpen, input });
  }
}

export type Handler = (exchange: Exchange) => Promise<Response>;
export type Stage = (exchange: Exchange, next: Handler) => Promise<Response>;

/** The stages around `handler`, the first one outermost. */
export function pipeline(stages: readonly Stage[], handler: Handler): Handler {
  return stages.reduceRight<Handler>((next, stage) => (exchange) => stage(exchange, next), handler);
}
