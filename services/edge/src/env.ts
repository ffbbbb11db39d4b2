/** The Worker's bindings, as the stack declares them. */
export interface Env {
  /** Static assets: services/web/public. */
  readonly ASSETS: Fetcher;
  /** `https://<host>` of the database, without a path. */
  readonly DATABASE_URL: string;
  /** JWT that the database accepts. */
  readonly DATABASE_TOKEN: string;
  /** The Worker's version. */
  readonly RELEASE: WorkerVersionMetadata;
  /** `https://<host>` of Redis' REST API, without a path; with its token. A stack without a cache has neither. */
  readonly REDIS_URL?: string;
  readonly REDIS_TOKEN?: string;
  // A stack without servers has none of the following: the routes that need them answer 503.
  /** The servers, in order. */
  readonly ORIGINS?: readonly Origin[];
  /** The release of the servers that belongs to this version: it answers as long as it runs. */
  readonly SERVER_RELEASE?: string;
  /** Sign what goes to the servers (hmac.ts). */
  readonly EDGE_KEYS?: string;
  /** Verify access tokens. */
  readonly SESSION_KEYS?: string;
  /** Where the public reaches the edge: decides the cookies' names and flags. */
  readonly PUBLIC_URL?: string;
}

/** One server: `https://<host>` without a path. */
export interface Origin {
  readonly name: string;
  readonly url: string;
}
