"""What a browser shows: the static page, a note's page made of it, and Markdown as HTML."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Text
from infra.routes.limits import READS
from infra.routes.route import Cache, Content, Handler, Input, One, Public, Route, Row, Session


class PagePath(Input):
    """Any text, as people mistype addresses: the page says so then."""

    note: Annotated[str, Field(description="the id of a note", max_length=200)]


class Markdown(Input):
    """Markdown to make HTML of."""

    text: Text


class Html(Row):
    html: str


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
    returns=Content("text/html", statuses=(200, 404)),
)

render_markdown = Route(
    "POST /api/markdown",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("render_markdown", on="edge"),
    body=Markdown,
    returns=One(Html),
)

openapi = Route(
    "GET /api/openapi.json",
    tier="server",
    access=Public(),
    rate_limits=(READS,),
    cache=Cache(seconds=300, stale=3_600),
    handler=Handler("openapi", on="server"),
    returns=Content("application/json"),
)
"""The whole application as OpenAPI 3.1, made of the routes."""
