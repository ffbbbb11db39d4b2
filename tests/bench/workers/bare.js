// (a): the same SQL and nothing else.

const LIST = `select id, workspace, title, updated from notes
  where workspace = :workspace and id < coalesce(:before, '~') order by id desc limit :limit`;

export default {
  async fetch(request, env) {
    const url = new URL(request.url);
    const workspace = url.pathname.split("/")[3];
    const limit = Number(url.searchParams.get("limit") ?? 20);
    const before = url.searchParams.get("before");
    const named_args = [
      { name: "workspace", value: { type: "text", value: workspace } },
      { name: "before", value: before === null ? { type: "null" } : { type: "text", value: before } },
      { name: "limit", value: { type: "integer", value: String(limit + 1) } },
    ];
    const response = await fetch(`${env.DATABASE_URL}/v2/pipeline`, {
      method: "POST",
      headers: { authorization: `Bearer ${env.DATABASE_TOKEN}`, "content-type": "application/json" },
      body: JSON.stringify({ requests: [{ type: "execute", stmt: { sql: LIST, named_args } }, { type: "close" }] }),
    });
    const { results } = await response.json();
    const { cols, rows } = results[0].response.result;
    const notes = rows.slice(0, limit).map((row) =>
      Object.fromEntries(
        row.map((cell, index) => [cols[index].name, cell.type === "integer" ? Number(cell.value) : cell.value]),
      ),
    );
    return Response.json({ notes, next: rows.length > limit ? notes.at(-1).id : null });
  },
};
