/** The notes: list, read, write. */

import { newNote, notePath, notesPage } from "shoreline:contract";
import { v7 as uuidv7 } from "uuid";

import { jsonBody, queryOf, valid } from "./input.ts";
import { json } from "./json.ts";
import { Problem } from "./problem.ts";
import type { RouteHandler } from "./routes.ts";

const LIST = "select id, workspace, title, updated from notes where id < :before order by id desc limit :limit";

const LIST_WORKSPACE = `select id, workspace, title, updated from notes
  where workspace = :workspace and id < :before order by id desc limit :limit`;

const READ = "select id, workspace, title, body, created, updated from notes where id = :id";

const INSERT = `insert into notes (id, workspace, title, body, created, updated)
  values (:id, :workspace, :title, :body, :created, :updated)`;

/** Sorts after every UUID. */
const THE_END = "~";

export const listNotes: RouteHandler = async ({ url, database }) => {
  const page = valid(queryOf(url), notesPage, "notesPage", "query");
  const limit = Number(page.limit);
  // One more than asked for tells whether there is a next page.
  const args = { before: page.before ?? THE_END, limit: limit + 1 };
  const { rows } = await database.execute(
    page.workspace === undefined
      ? { sql: LIST, args }
      : { sql: LIST_WORKSPACE, args: { ...args, workspace: page.workspace } },
  );
  const notes = rows.slice(0, limit);
  return json({ notes, next: rows.length > limit ? notes.at(-1)?.["id"] : null });
};

export const readNote: RouteHandler = async ({ database }, path) => {
  // What is no id names no note: nothing to ask the database.
  const note = notePath(path) ? (await database.execute({ sql: READ, args: { id: path.id } })).rows[0] : undefined;
  if (note === undefined) {
    throw new Problem(404, "There is no such note.");
  }
  return json(note);
};

export const createNote: RouteHandler = async ({ request, database }) => {
  const { title, body, workspace } = valid(await jsonBody(request), newNote, "newNote", "body");
  const now = Date.now();
  const note = { id: uuidv7(), workspace, title, body, created: now, updated: now };
  await database.execute({ sql: INSERT, args: note });
  return json(note, { status: 201, headers: { location: `/api/notes/${note.id}` } });
};
