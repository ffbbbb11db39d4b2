/** What the edge answers in code, by the handler's name in the manifest. */

import type { Exchange } from "../exchange.ts";
import { renderMarkdown } from "./markdown.ts";
import { readMe } from "./me.ts";
import { notePage } from "./note_page.ts";

export type EdgeHandler = (exchange: Exchange) => Promise<Response>;

export const handlers: Readonly<Record<string, EdgeHandler>> = {
  note_page: notePage,
  read_me: readMe,
  render_markdown: renderMarkdown,
};
