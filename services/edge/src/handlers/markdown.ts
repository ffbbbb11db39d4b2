/** Markdown as HTML that is safe to show: markup in the text stays text, and links lead only where links may. */

import MarkdownIt from "markdown-it";

import type { EdgeHandler } from "./handlers.ts";

/** Made when first needed: most isolates never do. */
let renderer: ReturnType<typeof MarkdownIt> | null = null;

export const renderMarkdown: EdgeHandler<"render_markdown"> = async (_exchange, { body }) => {
  renderer ??= new MarkdownIt({ html: false });
  const html = renderer.render(body.text);
  return new Response(JSON.stringify({ html }), {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
};
