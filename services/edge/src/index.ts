/** The front door. A request passes the stages from top to bottom, its response from bottom to top. */

import { dispatch } from "./dispatch.ts";
import type { Env } from "./env.ts";
import { Exchange, pipeline } from "./exchange.ts";
import { checkDatabase } from "./scheduled.ts";
import { accessLog, identity, problemDocuments, securityHeaders, serverTiming } from "./stages.ts";

const answer = pipeline(
  [
    identity, //         x-request-id, x-served-by, x-release
    accessLog, //        one JSON line per request
    securityHeaders, //  on every response, whoever made it
    serverTiming, //     how long, and how much of it the database
    problemDocuments, // whatever is thrown below becomes an RFC 9457 document
  ],
  dispatch, //           assets, or the route's handler
);

export default {
  fetch: (request, env) => answer(new Exchange(request, env)),
  scheduled: (controller, env) => checkDatabase(controller, env),
} satisfies ExportedHandler<Env>;
