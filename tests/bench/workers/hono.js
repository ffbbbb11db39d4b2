// (b): what one would write with Hono, @libsql/client and jose.

import { createClient } from "@libsql/client/web";
import { Hono } from "hono";
import { getCookie } from "hono/cookie";
import { validator } from "hono/validator";
import { jwtVerify } from "jose";

const LIST = `select id, workspace, title, updated from notes
  where workspace = :workspace and id < coalesce(:before, '~') order by id desc limit :limit`;

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const app = new Hono();

app.use("/api/*", async (context, next) => {
  try {
    const key = Uint8Array.from(atob(context.env.SESSION_KEYS.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
    const { payload } = await jwtVerify(getCookie(context, "session") ?? "", key, { algorithms: ["HS256"] });
    context.set("session", payload);
  } catch {
    return context.json({ error: "Sign in first." }, 401);
  }
  await next();
});

const page = validator("query", (query, context) => {
  const limit = Number(query.limit ?? 20);
  const { before = null } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > 100 || (before !== null && !ID.test(before))) {
    return context.json({ error: "The query is not valid." }, 400);
  }
  return { limit, before };
});

app.get("/api/workspaces/:workspace/notes", page, async (context) => {
  const workspace = context.req.param("workspace");
  if (context.get("session").ws?.[workspace] === undefined) {
    return context.json({ error: "You are not a member of this workspace." }, 403);
  }
  const { limit, before } = context.req.valid("query");
  // One client a request: it may not outlive the one it was made in.
  const client = createClient({ url: context.env.DATABASE_URL, authToken: context.env.DATABASE_TOKEN });
  const { rows } = await client.execute({ sql: LIST, args: { workspace, before, limit: limit + 1 } });
  const notes = rows.slice(0, limit).map(({ id, workspace, title, updated }) => ({ id, workspace, title, updated }));
  return context.json({ notes, next: rows.length > limit ? notes.at(-1).id : null });
});

export default app;
