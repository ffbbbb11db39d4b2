/** A JSON answer, which no cache keeps. */
export function json(value: unknown, init: { status?: number; headers?: Record<string, string> } = {}): Response {
  return new Response(JSON.stringify(value), {
    status: init.status ?? 200,
    headers: { ...init.headers, "content-type": "application/json", "cache-control": "no-store" },
  });
}
