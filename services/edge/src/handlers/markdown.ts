/** Markdown as HTML that is safe to show: markup in the text stays text, and links lead only where links may. */

import type { EdgeHandler } from "./handlers.ts";

interface Renderer {
  render(text: string): string;
}

/** Made when first needed: most isolates never do, and it is half of the bundle. */
let renderer: Renderer | null = null;

async function load(): Promise<Renderer> {
  const { default: MarkdownIt } = await import("markdown-it");
  return new MarkdownIt({ html: false });
}

export const renderMarkdown: EdgeHandler<"render_markdown"> = async (_exchange, { body }) => {
  renderer ??= await load();
  const html = renderer.render(body.text);
  return new Response(JSON.stringify({ html }), {
    headers: { "content-type": "application/json", "cache-control": "no-store" },
  });
};
