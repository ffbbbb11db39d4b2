/** Every route of the API: which tier serves it, and who may ask. */

import { readDigest } from "./digest.ts";
import type { Exchange } from "./exchange.ts";
import { readMe } from "./me.ts";
import { createNote, listNotes, readNote } from "./notes.ts";
import { connect, forward } from "./proxy.ts";

/** Answers one route; `path` holds its path parameters by name. */
export type RouteHandler = (exchange: Exchange, path: Readonly<Record<string, string>>) => Promise<Response>;

export interface ApiRoute {
  readonly method: string;
  readonly path: string;
  /** Who answers: the Worker itself, or a service on a server. */
  readonly tier: "edge" | "api" | "realtime";
  readonly access: "anyone" | "session";
  readonly handler: RouteHandler;
}

export const routes: readonly ApiRoute[] = [
  { method: "GET", path: "/api/notes", tier: "edge", access: "anyone", handler: listNotes },
  { method: "POST", path: "/api/notes", tier: "edge", access: "anyone", handler: createNote },
  { method: "GET", path: "/api/notes/{id}", tier: "edge", access: "anyone", handler: readNote },
  { method: "GET", path: "/api/digest", tier: "edge", access: "anyone", handler: readDigest },
  { method: "GET", path: "/api/me", tier: "edge", access: "session", handler: readMe },
  { method: "POST", path: "/api/sign-up", tier: "api", access: "anyone", handler: forward },
  { method: "POST", path: "/api/sign-in", tier: "api", access: "anyone", handler: forward },
  { method: "POST", path: "/api/sign-out", tier: "api", access: "anyone", handler: forward },
  { method: "GET", path: "/api/statistics", tier: "api", access: "session", handler: forward },
  { method: "POST", path: "/api/exports", tier: "api", access: "session", handler: forward },
  { method: "GET", path: "/api/exports/{id}", tier: "api", access: "session", handler: forward },
  { method: "GET", path: "/api/exports/{id}/file", tier: "api", access: "session", handler: forward },
  { method: "GET", path: "/api/jobs/dead", tier: "api", access: "session", handler: forward },
  { method: "GET", path: "/api/jobs/{id}", tier: "api", access: "session", handler: forward },
  { method: "POST", path: "/api/jobs/{id}/cancel", tier: "api", access: "session", handler: forward },
  { method: "POST", path: "/api/jobs/{id}/replay", tier: "api", access: "session", handler: forward },
  { method: "GET", path: "/api/realtime", tier: "realtime", access: "session", handler: connect },
];
