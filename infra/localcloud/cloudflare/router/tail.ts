// What a Worker's runs leave behind: its uncaught errors with their stack in the log, and whose the console lines before
// were; and a message for who follows the Worker, in the shape of `wrangler tail` (workers-sdk, createTail.ts, 2026-11-26).
import { WorkerEntrypoint } from "cloudflare:workers";
import type { Env } from "./table";

export class Tail extends WorkerEntrypoint<Env> {
  override tail(traces: TraceItem[]): void {
    const { worker, version } = (this.ctx as unknown as { props: { worker: string; version: string } }).props;
    for (const trace of traces) {
      for (const { name, message, stack } of trace.exceptions as Thrown[]) {
        console.error(`${new Date().toISOString()} worker ${worker} version ${version}: uncaught ${name}: ${message}${stack ? `\n${stack}` : ""}`);
      }
      if (trace.logs.length > 0) {
        const whose = `worker ${worker} version ${version}`;
        console.log(`${new Date().toISOString()} ${whose}: ${trace.logs.length} console line(s) above, outcome ${trace.outcome}`);
      }
      if (Date.now() < keptUntil && kept.length < MOST_KEPT) kept.push(messageOf(trace, worker, version));
    }
  }
}

/** How long traces are kept for who asked for them last. */
const KEPT_MS = 5_000;
const MOST_KEPT = 10_000;
let kept: object[] = [];
let keptUntil = 0;

/** The messages since the last call; what nobody asks for isn't kept. */
export function taken(): object[] {
  const messages = kept;
  kept = [];
  keptUntil = Date.now() + KEPT_MS;
  return messages;
}

function messageOf(trace: TraceItem, worker: string, version: string): object {
  const { outcome, exceptions, logs, eventTimestamp, cpuTime, truncated } = trace;
  return {
    outcome,
    scriptName: worker,
    scriptVersion: { id: version },
    exceptions: exceptions.map(({ name, message, timestamp }) => ({ name, message, timestamp })),
    logs: logs.map(({ level, message, timestamp }) => ({ level, message, timestamp })),
    eventTimestamp,
    event: eventOf(trace.event),
    cpuTime,
    // workerd alone doesn't take the time.
    wallTime: Date.now() - (eventTimestamp ?? Date.now()),
    truncated,
  };
}

/** Of a request, its headers without what is secret: workerd leaves that out itself. */
function eventOf(event: TraceItem["event"]): object | null {
  if (event === null || !("request" in event)) return event;
  const { url, method, headers, cf } = event.request;
  const response = event.response && { status: event.response.status };
  return { request: { url, method, headers, cf }, response };
}

interface Thrown {
  name: string;
  message: string;
  stack?: string;
}
