/** The front door. A request passes the stages from top to bottom, its response from bottom to top. */

import { access, originCheck } from "./access/access.ts";
import { conditional } from "./cache/conditional.ts";
import { responseCache } from "./cache/response_cache.ts";
import type { Env } from "./env.ts";
import { Exchange, pipeline } from "./exchange.ts";
import { input } from "./input/input.ts";
import { rateLimit } from "./limit/rate_limit.ts";
import { match } from "./match/match.ts";
import { place } from "./place.ts";
import { checkDatabase } from "./scheduled.ts";
import { accessLog, identity, problemDocuments, securityHeaders, serverTiming, visitor } from "./stages.ts";

const answer = pipeline(
  [
    identity, //         x-request-id, x-served-by, x-release
    accessLog, //        one JSON line per request
    securityHeaders, //  on every response, whoever made it
    visitor, //          the cookie that keeps a visitor with one version
    serverTiming, //     how long, and how much of it the database
    problemDocuments, // whatever is thrown below becomes an RFC 9457 document
    match, //            404, 405, OPTIONS; static files
    originCheck, //      403 for other sites' requests
    access, //           401, 403
    rateLimit, //        429, beside the rest for reads
    input, //            404, 400, 415, 413, 422
    conditional, //      304
    responseCache, //    hit, stale or miss; a write's tags
  ],
  place, //              the tier that answers
);

export default {
  fetch: (request, env, context) => answer(new Exchange(request, env, context)),
  scheduled: (controller, env) => checkDatabase(controller, env),
} satisfies ExportedHandler<Env>;
