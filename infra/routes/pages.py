"""What a browser shows: the static page, a note's page made of it, and Markdown as HTML."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Text
from infra.routes.limits import READS
from infra.routes.route import Cache, Handler, Input, Public, Route, Session


class PagePath(Input):
    """Any text, as people mistype addresses: the page says so then."""

    note: Annotated[str, Field(description="the id of a note", max_length=200)]


class Markdown(Input):
    """Markdown to make HTML of."""

    text: Text


assets = Route("GET /{file*}", tier="assets", access=Public())
"""Whatever no other route and nothing below /api answers."""

note_page = Route(
    "GET /notes/{note}",
    tier="edge",
    access=Public(),
    rate_limits=(READS,),
    cache=Cache(seconds=5, stale=60),
    path=PagePath,
    handler=Handler("note_page", on="edge"),
)

render_markdown = Route(
    "POST /api/markdown",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("render_markdown", on="edge"),
    body=Markdown,
)
