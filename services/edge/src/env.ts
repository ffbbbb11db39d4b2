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
}
