/** The way to a server: signed, with a deadline, and what its answer means. */

import type { Origin } from "../env.ts";

/** From sending the request to the head of its answer; what follows may stream as long as it likes. */
export const DEADLINE_MS = 10_000;
/** The same for a request whose body streams through. */
export const STREAM_DEADLINE_MS = 300_000;

/**
 * - `unreachable`: nobody of ours answered; the network's own error, or none
 * - `late`: no answer at the deadline
 * - `headers`: its headers or URL are longer than a server takes
 * - `unexpected`: an answer that no service of ours makes, or one that refuses our signature
 */
export type UpstreamFailureKind = "unreachable" | "late" | "headers" | "unexpected";

/** `message` is for the log. */
export class UpstreamFailure extends Error {
  constructor(
    readonly kind: UpstreamFailureKind,
    message: string,
  ) {
    super(message);
  }
}

/** Services say so of themselves in x-served-by; what stands between them and us doesn't. */
const SERVICES = new Set(["api", "realtime"]);

/** A service marks with this header that it refused the signature and not the person. */
const REFUSED_HEADER = "shoreline-refused";

/** Statuses of Cloudflare and cloudflared where they can't reach the service behind them: 52x, 530. */
function isNetworkStatus(status: number): boolean {
  return (status >= 502 && status <= 504) || (status >= 520 && status <= 530);
}

/** Asks one server. Throws UpstreamFailure. */
export async function ask(origin: Origin, target: string, init: RequestInit, deadlineMs: number): Promise<Response> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), deadlineMs);
  try {
    const response = await fetch(`${origin.url}${target}`, {
      ...init,
      // Following one would carry the signature to another target.
      redirect: "manual",
      signal: deadline.signal,
    });
    return await checked(origin, response);
  } catch (error) {
    if (error instanceof UpstreamFailure) {
      throw error;
    }
    throw deadline.signal.aborted
      ? new UpstreamFailure("late", `${origin.name}: no answer in ${deadlineMs} ms`)
      : new UpstreamFailure("unreachable", `${origin.name}: ${String(error)}`);
  } finally {
    clearTimeout(timer);
  }
}

async function checked(origin: Origin, response: Response): Promise<Response> {
  const ours = SERVICES.has(response.headers.get("x-served-by") ?? "");
  if (ours && !response.headers.has(REFUSED_HEADER)) {
    return response;
  }
  await response.body?.cancel();
  if (ours) {
    throw new UpstreamFailure("unexpected", `${origin.name}: it refuses the edge's signature`);
  }
  const { status } = response;
  const kind = isNetworkStatus(status) ? "unreachable" : status === 431 ? "headers" : "unexpected";
  throw new UpstreamFailure(kind, `${origin.name}: HTTP ${response.status}, not from a service`);
}
