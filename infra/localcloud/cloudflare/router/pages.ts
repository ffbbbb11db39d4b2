// The edge's own error pages: Cloudflare's statuses and codes, and what it means in the local cloud.

function page(status: number, code: number, title: string, detail: string): Response {
  const text = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Error ${code}: ${escape(title)}</title>
<h1>Error ${code}</h1><h2>${escape(title)}</h2><p>${escape(detail)}</p><p>Shoreline's local cloud, as Cloudflare's edge.</p></html>
`;
  return new Response(text, { status, headers: { "content-type": "text/html; charset=UTF-8", "cache-control": "no-store" } });
}

const escape = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

export const unknownHost = (host: string): Response =>
  page(530, 1016, "Origin DNS error", `${host} has no custom domain and no proxied DNS record in this zone.`);

export const noOrigin = (host: string): Response =>
  page(522, 522, "Connection timed out", `No route of ${host} runs a Worker for this URL, and the local cloud has no origin server behind its DNS records.`);

export const noConnector = (host: string): Response =>
  page(530, 1033, "Cloudflare Tunnel error", `The DNS record of ${host} leads into a tunnel that has no connector.`);

export const badGateway = (host: string, port: number): Response =>
  page(502, 502, "Bad gateway", `The tunnel of ${host} leads to port ${port} of this machine, which did not answer by HTTP.`);

export const notDeployed = (worker: string): Response =>
  page(404, 1042, "Worker not found", `The Worker ${worker} has no deployment.`);

export const threw = (): Response =>
  page(500, 1101, "Worker threw exception", "The error and its stack are in the log of the edge.");

export const exceededLimits = (): Response =>
  page(503, 1102, "Worker exceeded resource limits", "The Worker used more CPU time than its limit.");
