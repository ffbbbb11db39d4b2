// Names the Worker of what it leaves in the log: its uncaught errors with their stack, and whose the console lines before were.
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
    }
  }
}

interface Thrown {
  name: string;
  message: string;
  stack?: string;
}
