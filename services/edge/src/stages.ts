/** What happens to every request around its handler; index.ts gives the order. */

import frontDoor from "../../contract/front-door.json";

import type { Stage } from "./exchange.ts";
import { failureForLog, problemOf } from "./failures.ts";
import { writeLog } from "./log.ts";
import { isProblem, problemResponse } from "./problem.ts";
import { visitorCookie } from "./visitor.ts";

const TIER = "edge";

/** An inbound request id is taken over only if it can do no harm in a header or a log. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

export const identity: Stage = async (exchange, next) => {
  const inbound = exchange.request.headers.get("x-request-id");
  exchange.id = inbound !== null && REQUEST_ID.test(inbound) ? inbound : crypto.randomUUID();
  const response = await next(exchange);
  response.headers.set("x-request-id", exchange.id);
  response.headers.set("x-served-by", exchange.servedBy);
  response.headers.set("x-release", exchange.env.RELEASE.id);
  return response;
};

export const accessLog: Stage = async (exchange, next) => {
  const response = await next(exchange);
  const trip = exchange.database.trip;
  writeLog({
    event: "request",
    id: exchange.id,
    tier: TIER,
    method: exchange.request.method,
    route: exchange.label,
    status: response.status,
    servedBy: exchange.servedBy,
    ms: rounded(exchange.elapsed()),
    ...(exchange.placing.side !== null && { placing: exchange.placing }),
    ...(exchange.origin !== null && { origin: exchange.origin }),
    ...(trip && { database: { ms: rounded(trip.ms), rowsRead: trip.rowsRead } }),
    ...(exchange.failure !== null && { failure: exchange.failure }),
  });
  return response;
};

/** The page needs its own scripts, styles, images and API; nothing else of it may load, run or frame. */
const SECURITY_HEADERS = Object.entries(frontDoor.securityHeaders);

const ONE_YEAR = 365 * 24 * 60 * 60;

export const securityHeaders: Stage = async (exchange, next) => {
  const response = await next(exchange);
  for (const [name, value] of SECURITY_HEADERS) {
    response.headers.set(name, value);
  }
  // Over plain HTTP the header must not be sent (RFC 6797, section 7.2).
  if (exchange.url.protocol === "https:") {
    response.headers.set("strict-transport-security", `max-age=${ONE_YEAR}`);
  }
  return response;
};

/** With a page, even one that the browser has already: from then on it comes with every request. */
export const visitor: Stage = async (exchange, next) => {
  const response = await next(exchange);
  const { request, env } = exchange;
  const isPage = response.headers.get("content-type")?.startsWith("text/html");
  if (isPage || request.headers.get("sec-fetch-mode") === "navigate") {
    const cookie = visitorCookie(request, env);
    if (cookie !== null) {
      response.headers.append("set-cookie", cookie);
    }
  }
  return response;
};

export const serverTiming: Stage = async (exchange, next) => {
  const response = await next(exchange);
  const trip = exchange.database.trip;
  const database = trip && `db;dur=${rounded(trip.ms)}`;
  const parts = [exchange.upstreamTiming, database, `total;dur=${rounded(exchange.elapsed())}`];
  response.headers.set("server-timing", parts.filter((part) => part !== null).join(", "));
  return response;
};

export const problemDocuments: Stage = async (exchange, next) => {
  try {
    return await next(exchange);
  } catch (error) {
    exchange.failure = failureForLog(error);
    return problemResponse(isProblem(error) ? error : problemOf(error), exchange.id);
  }
};

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
