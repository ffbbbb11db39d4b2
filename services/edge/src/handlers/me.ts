/** Who is signed in, from the access token alone. */

import type { EdgeHandler } from "./handlers.ts";

export const readMe: EdgeHandler<"read_me"> = async ({ session }) => {
  if (session === null) {
    throw new TypeError("the route needs a session");
  }
  const { user, name, expires, workspaces, more } = session;
  const body = JSON.stringify({ user, name, expires, workspaces: Object.fromEntries(workspaces), more });
  return new Response(body, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
};
