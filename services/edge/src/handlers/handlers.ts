/** What the edge answers in code, by the handler's name in the manifest. */

import type { Routes } from "../../../contract/manifest.d.ts";
import type { Exchange, Handler } from "../exchange.ts";
import { renderMarkdown } from "./markdown.ts";
import { readMe } from "./me.ts";
import { notePage } from "./note_page.ts";

/** Answers the route of this name; `input` is what its schemas let through. */
export type EdgeHandler<Name extends keyof Routes> = (
  exchange: Exchange,
  input: Pick<Routes[Name], "path" | "query" | "body">,
) => Promise<Response>;

export const handlers: Readonly<Record<string, Handler>> = {
  note_page: withInput<"note_page">(notePage),
  read_me: withInput<"read_me">(readMe),
  render_markdown: withInput<"render_markdown">(renderMarkdown),
};

/** The input has been held against the schemas that the types are made of. */
function withInput<Name extends keyof Routes>(handler: EdgeHandler<Name>): Handler {
  return (exchange) => handler(exchange, exchange.input as unknown as Parameters<EdgeHandler<Name>>[1]);
}
