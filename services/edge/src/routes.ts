/** Every route of the API. */

import type { Exchange } from "./exchange.ts";
import { createNote, listNotes, readNote } from "./notes.ts";
import type { Route } from "./router.ts";

/** Answers one route; `path` holds its path parameters by name. */
export type RouteHandler = (exchange: Exchange, path: Readonly<Record<string, string>>) => Promise<Response>;

export const routes: readonly Route<RouteHandler>[] = [
  { method: "GET", path: "/api/notes", handler: listNotes },
  { method: "POST", path: "/api/notes", handler: createNote },
  { method: "GET", path: "/api/notes/{id}", handler: readNote },
];
