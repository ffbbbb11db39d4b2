"""Exports: a background job per note."""

from infra.routes.fields import Id, Milliseconds, Slug
from infra.routes.limits import READS, WRITES
from infra.routes.route import Content, Handler, Input, One, Route, Row, Session


class NewExport(Input):
    """Which note is exported."""

    note: Id


class QueuedExport(Row):
    id: Id
    note: Id
    server: Slug
    state: str
    created: Milliseconds


class Export(QueuedExport):
    finished: Milliseconds | None


create_export = Route(
    "POST /api/exports",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("create_export", on="server"),
    body=NewExport,
    returns=One(QueuedExport, status=202, location="/api/exports/{id}"),
    problems=(404,),
)

read_export = Route(
    "GET /api/exports/{export}",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_export", on="server"),
    returns=One(Export),
)

read_export_file = Route(
    "GET /api/servers/{server}/exports/{export}/file",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_export_file", on="server"),
    returns=Content("application/pdf", statuses=(200, 206)),
)
