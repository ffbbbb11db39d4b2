"""Full-text search of the notes of a workspace: by words, the last one also by its beginning.

More than a simple query, so not for the edge. The index: services/schema/0011_search.sql.
"""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Id, Limit, Milliseconds, Slug
from infra.routes.route import Budgets, Input, Many, Member, Public, RateLimit, Route, Row

SEARCHES = RateLimit("searches", limit=120, seconds=60, per="address")
RANKED = 1_000
"""So many notes, the latest that match: what a search reads is bounded, however large the tenant."""

Words = Annotated[
    str,
    Field(
        description="1 to 8 words, together at most 200 characters",
        max_length=200,
        pattern="^ *[^\x00-\x1f ]+( +[^\x00-\x1f ]+){0,7} *$",
    ),
]
"""Each further word makes ranking and marking dearer: 8 of the most frequent ones take 0.5 s, 50 took 16."""
Pieces = Annotated[list[str], Field(description="text in pieces, of which each second one matches")]
Position = Annotated[int, Field(description="a number, as `next` gives it", ge=0, le=RANKED)]


class Search(Input):
    """What is searched for, and a page of the notes that have it, the best ones first."""

    q: Words
    after: Position | None = None
    limit: Limit = 20


class OpenSearch(Search):
    """A search of an open workspace."""

    workspace: Slug = "harbour"


class FoundNote(Row, many="notes"):
    id: Id
    workspace: Slug
    title: Pieces
    excerpt: Pieces
    updated: Milliseconds
    position: int


# Each word is quoted, so nothing in it is FTS5's syntax; words without a letter or a digit count for nothing.
_MATCH = """'tenant : "' || hex(:workspace) || '" AND {title body} : ("'
  || replace(replace(trim(:q), '"', '""'), ' ', '" "') || '"*)'"""

# Where a match begins and ends. A text that has the same in it is marked wrongly, and no more.
_MARKS = """'"' || char(2), '"' || char(3)"""


def _pieces(marked: str) -> str:
    """SQL: a JSON list, by turns of what doesn't match and what does."""
    quoted = rf"""replace(replace(json_quote({marked}), '\"\u0002', '","'), '\"\u0003', '","')"""
    return f"'[' || {quoted} || ']'"


def _sql(workspace: str) -> str:
    """Cross joins keep to their order: else all notes of the workspace would be read for one page."""
    title = f"highlight(_note_search, 1, {_MARKS})"
    excerpt = f"snippet(_note_search, 2, {_MARKS}, '…', 24)"
    pieces = f"{_pieces('page.title')} as title, {_pieces('excerpt')} as excerpt"
    return f"""with found as (
        select rowid as number, bm25(_note_search, 0, 8, 1) as score, {title} as title, {excerpt} as excerpt
        from _note_search where _note_search match {_MATCH} order by rowid desc limit {RANKED}
      ), ranked as (
        select *, row_number() over (order by score, number desc) as position from found
      ), page as (
        select * from ranked where position > coalesce(:after, 0) order by position limit :limit
      )
      select id, workspace, {pieces}, updated, position
      from page cross join _note_numbers using (number) cross join notes on notes.id = note
      where workspace = {workspace} order by position"""  # noqa: S608 - constants only


search_open_notes = Route(
    "GET /api/search",
    tier="server",
    access=Public(),
    rate_limits=(SEARCHES,),
    sql=_sql("(select id from workspaces where id = :workspace and open = 1)"),
    params=OpenSearch,
    returns=Many(FoundNote, cursor="position"),
    budgets=Budgets(samples={"q": "the"}),
)

search_notes = Route(
    "GET /api/workspaces/{workspace}/search",
    tier="server",
    access=Member("workspace"),
    rate_limits=(SEARCHES,),
    sql=_sql(":workspace"),
    params=Search,
    returns=Many(FoundNote, cursor="position"),
    budgets=Budgets(samples={"q": "the"}),
)
