/** What build.mjs compiles from services/contract/*.schema.json. */
declare module "shoreline:contract" {
  /** One broken rule, as ajv reports it; `instancePath` is a JSON Pointer. */
  export interface Fault {
    readonly keyword: string;
    readonly instancePath: string;
    readonly params: Readonly<Record<string, unknown>>;
  }

  /** Fills in the schema's defaults, says whether `data` fits, and leaves the broken rules in `errors`. */
  export interface Validator<T> {
    (data: unknown): data is T;
    readonly errors?: readonly Fault[] | null;
  }

  export interface NewNote {
    readonly title: string;
    readonly body: string;
    readonly workspace: string;
  }

  export interface NotesPage {
    readonly workspace?: string;
    readonly limit: string;
    readonly before?: string;
  }

  export interface NotePath {
    readonly id: string;
  }

  export const newNote: Validator<NewNote>;
  export const notesPage: Validator<NotesPage>;
  export const notePath: Validator<NotePath>;

  /** Per schema and property: what a value must be, in words. */
  export const expected: Readonly<Record<"newNote" | "notesPage" | "notePath", Readonly<Record<string, string>>>>;
}
