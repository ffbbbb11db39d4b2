/** The digest of the notes, as the jobs service left it in the database. */

import { json } from "./json.ts";
import type { RouteHandler } from "./routes.ts";

const LARGEST = `select workspace, notes, recent, newest, title, counted,
  (select max(refreshed) from digest) as refreshed from digest
  order by notes desc, workspace limit 100`;

export const readDigest: RouteHandler = async ({ database }) => {
  const { rows } = await database.execute({ sql: LARGEST, args: {} });
  const first = rows[0];
  return json({
    counted: first?.["counted"] ?? null,
    refreshed: first?.["refreshed"] ?? null,
    workspaces: rows.map(({ workspace, notes, recent, newest: id, title }) => ({
      workspace,
      notes,
      recent,
      newest: { id, title },
    })),
  });
};
