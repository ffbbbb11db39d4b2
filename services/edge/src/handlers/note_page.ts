/** The static page with what a link's preview shows of a note: its title and its beginning. */

import type { Exchange } from "../exchange.ts";
import { encoder } from "../execute/hrana.ts";
import type { EdgeHandler } from "./handlers.ts";

const SELECT = encoder(
  `select title, substr(body, 1, 1000) as beginning from notes
  join workspaces on workspaces.id = notes.workspace and workspaces.open = 1 where notes.id = :note`,
  [{ name: "note", type: "text" }],
);

/** What is no id names no note: nothing to ask the database. */
const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

const MISSING = { status: 404, title: "No such note", description: "There is no note at this address." };
const PREVIEW_CHARACTERS = 200;

export const notePage: EdgeHandler<"note_page"> = async (exchange, { path }) => {
  const [page, note] = await Promise.all([staticPage(exchange), noteOf(exchange, path.note)]);
  const { status, title, description } = note ?? MISSING;
  const rewriter = new HTMLRewriter()
    .on("title", { element: (element) => void element.setInnerContent(title) })
    .on('meta[name="description"]', { element: (element) => void element.setAttribute("content", description) })
    .on("head", {
      element: (element) => {
        for (const [property, content] of [["og:type", "article"], ["og:title", title], ["og:description", description]]) {
          element.append(`<meta property="${property}" content="${escaped(content ?? "")}">`, { html: true });
        }
      },
    });
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" };
  return rewriter.transform(new Response(page.body, { status, headers }));
};

async function staticPage({ env, url }: Exchange): Promise<Response> {
  const page = await env.ASSETS.fetch(new Request(new URL("/", url)));
  if (page.status !== 200) {
    throw new Error(`the static page: HTTP ${page.status}`);
  }
  return page;
}

async function noteOf({ database }: Exchange, id: string): Promise<typeof MISSING | null> {
  if (!ID.test(id)) {
    return null;
  }
  const { rows } = await database.execute(SELECT([id]));
  const [title, beginning] = rows[0] ?? [];
  if (title?.type !== "text" || beginning?.type !== "text") {
    return null;
  }
  return { status: 200, title: title.value, description: preview(beginning.value) };
}

function preview(text: string): string {
  const characters = Array.from(text.replaceAll(/\s+/g, " ").trim());
  return characters.length <= PREVIEW_CHARACTERS
    ? characters.join("")
    : `${characters.slice(0, PREVIEW_CHARACTERS - 1).join("").trimEnd()}…`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
