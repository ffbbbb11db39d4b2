/** The module "shoreline:manifest": what build.mjs makes of the manifest and the placement. */

import type { Manifest, Placement } from "./manifest.ts";

/** One broken rule, as ajv reports it; `instancePath` is a JSON Pointer. */
export interface Fault {
  readonly keyword: string;
  readonly instancePath: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** Fills in the schema's defaults, says whether `data` fits, and leaves the broken rules in `errors`. */
export interface Validator {
  (data: unknown): boolean;
  readonly errors?: readonly Fault[] | null;
}

export declare const manifest: Manifest;
export declare const placement: Placement;
/** By the schema's key. */
export declare const validators: Readonly<Record<string, Validator>>;
