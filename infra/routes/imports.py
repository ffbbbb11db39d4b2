"""Imports of notes from a file of JSON Lines."""

from infra.routes.fields import Id, Json
from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Many, Member, One, Route, Row

_IMPORT = "/api/workspaces/{workspace}/imports/{import}"


class Import(Row, many="imports"):
    id: Id
    job: Id
    name: str
    size: int
    position: int
    notes: int
    skipped: int
    faults: Json
    state: str
    created: int


class ImportState(Row):
    id: Id
    job: Id
    state: str


list_imports = Route(
    "GET /api/workspaces/{workspace}/imports",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(READS,),
    sql="""select id, job, name, size, position, notes, skipped, faults, state, created from imports
      where workspace = :workspace and user = :caller order by id desc limit 20""",
    returns=Many(Import),
)

create_import = Route(
    "POST /api/workspaces/{workspace}/servers/{server}/files/{file}/import",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("create_import", on="server"),
    returns=One(ImportState, status=202),
    problems=(409,),
)

cancel_import = Route(
    f"POST {_IMPORT}/cancel",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("cancel_import", on="server"),
    returns=One(ImportState),
    problems=(409,),
)

resume_import = Route(
    f"POST {_IMPORT}/resume",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("resume_import", on="server"),
    returns=One(ImportState, status=202),
    problems=(409,),
)
