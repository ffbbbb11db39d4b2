"""Exports: a background job per note."""

from infra.routes.fields import Id
from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Input, Route, Session


class NewExport(Input):
    """Which note is exported."""

    note: Id


create_export = Route(
    "POST /api/exports",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("create_export", on="server"),
    body=NewExport,
)

read_export = Route(
    "GET /api/exports/{export}",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_export", on="server"),
)

read_export_file = Route(
    "GET /api/servers/{server}/exports/{export}/file",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_export_file", on="server"),
)
