import type { RouteHandler } from "./routes.ts";
import { json } from "./json.ts";

/** Who is signed in, from the access token alone. */
export const readMe: RouteHandler = async ({ session }) => json(session);
