/** What infra/manifest compiles from the declared routes: services/contract/manifest.json and placement.json beside build.mjs. */

export interface Manifest {
  readonly version: 1;
  readonly routes: readonly Route[];
  readonly schemas: Readonly<Record<string, Schema>>;
}

export interface Route {
  readonly name: string;
  readonly method: string;
  /** Like `/api/notes/{id}`: a segment is literal text or one parameter. */
  readonly path: string;
  readonly access: Access;
  /** Keys of `schemas`. Null: a query must be empty, a path or body is not read. */
  readonly input: Readonly<Record<Place, string | null>>;
  readonly bodyBytes: number;
  readonly run: Sql | { readonly kind: "handler"; readonly name: string } | { readonly kind: "asset" | "websocket" };
  /** Takes an Idempotency-Key. */
  readonly idempotent: boolean;
  readonly cache: CacheRule | null;
  /** Tags of cached answers that this route's success makes old. */
  readonly invalidates: readonly string[];
  /** Where the request names its tenant: scopes cached answers and their tags. */
  readonly tenant: { readonly from: Place; readonly field: string } | null;
  readonly rateLimits: readonly RateLimit[];
}

/** Where a value of a request comes from. */
export type Place = "path" | "query" | "body";

export const ROLES = ["viewer", "editor", "admin", "owner"] as const;
export type Role = (typeof ROLES)[number];

export type Access =
  | { readonly kind: "public" | "session" }
  /** `role`: at least this one, in the workspace that the path's `parameter` names. */
  | { readonly kind: "member"; readonly parameter: string; readonly role: Role };

export interface Sql {
  readonly kind: "sql";
  /** Several are one transaction. */
  readonly statements: readonly Statement[];
  readonly answer: Answer;
  /** Detail of the 409 where a constraint stops the write; null: a constraint that fails is our defect. */
  readonly conflict: string | null;
  /** The answer's statement for requests with an Idempotency-Key: reads what the key's first request made. */
  readonly repeatable: Statement | null;
}

export interface Statement {
  readonly sql: string;
  readonly args: readonly Arg[];
}

export interface Arg {
  readonly name: string;
  readonly from: Place | "caller" | "generated" | "idempotency";
  readonly field: string;
  readonly type: Type;
}

export type Type = "text" | "integer" | "int64" | "real" | "boolean" | "blob" | "json";

export interface Answer {
  readonly kind: "one" | "many" | "none";
  /** Index of the statement whose rows answer. */
  readonly statement: number;
  readonly status: number;
  readonly columns: readonly Column[];
  /** many: the list's key. */
  readonly items: string | null;
  readonly cursor: { readonly query: string; readonly column: string } | null;
  /** The query's field that bounds the list. */
  readonly limit: string | null;
  /** Detail of the 404 for no row, or nothing changed. */
  readonly missing: string | null;
  /** Like `/api/notes/{id}`, from the answer's columns. */
  readonly location: string | null;
}

export interface Column {
  readonly name: string;
  readonly type: Type;
  readonly nullable: boolean;
}

export interface CacheRule {
  readonly seconds: number;
  /** For how long after them an answer is still served: while a new one is made, and if that fails. */
  readonly staleSeconds: number;
  /** Beside path and tenant: "query", "caller", or a header's name. */
  readonly vary: readonly string[];
  readonly tags: readonly string[];
}

export interface RateLimit {
  readonly name: string;
  readonly per: "user" | "address";
  readonly limit: number;
  readonly seconds: number;
  /** Where Redis doesn't answer. */
  readonly whenDown: "allow" | "refuse";
}

/** A flat object of JSON Schema 2020-12; each property's description says what a value must be, in words. */
export interface Schema {
  readonly properties: Readonly<Record<string, Property>>;
}

export interface Property {
  readonly type?: string | readonly string[];
  readonly description: string;
}

export interface Placement {
  readonly version: 1;
  readonly routes: Readonly<Record<string, Placed>>;
}

/** Who answers a route. */
export interface Placed {
  readonly tier: "edge" | "server" | "realtime" | "assets";
  /** Per cent of the callers whom the edge answers. */
  readonly rollout: number;
  readonly sticky: "user" | "address";
  readonly shadow: boolean;
  readonly fallback: boolean;
}
