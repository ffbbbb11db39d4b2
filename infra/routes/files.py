"""Files of a workspace: on the server that the path names, as only that one has them."""

from infra.routes.fields import Id
from infra.routes.limits import READS, WRITES
from infra.routes.route import Handler, Many, Member, RateLimit, Route, Row

PARTS = RateLimit("parts of uploads", limit=600, seconds=60, per="user")

_UPLOAD = "/api/workspaces/{workspace}/servers/{server}/uploads/{file}"
_FILE = "/api/workspaces/{workspace}/servers/{server}/files/{file}"


class File(Row, many="files"):
    id: Id
    server: str
    name: str
    size: int
    type: str
    preview: str | None
    owner: Id
    stored: int


list_files = Route(
    "GET /api/workspaces/{workspace}/notes/{note}/files",
    tier="edge",
    access=Member("workspace"),
    rate_limits=(READS,),
    sql="""select id, server, name, size, type, preview, owner, stored from files
      where workspace = :workspace and note = :note and state = 'stored' order by id limit 100""",
    returns=Many(File),
)

create_upload = Route(
    "POST /api/workspaces/{workspace}/uploads",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("create_upload", on="server"),
)

read_upload = Route(
    f"GET {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(READS,),
    handler=Handler("read_upload", on="server"),
)

append_upload = Route(
    f"PATCH {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(PARTS,),
    handler=Handler("append_upload", on="server"),
)

delete_upload = Route(
    f"DELETE {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("delete_upload", on="server"),
)

read_file = Route(
    f"GET {_FILE}",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    handler=Handler("read_file", on="server"),
)

read_preview = Route(
    f"GET {_FILE}/preview",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    handler=Handler("read_preview", on="server"),
)

delete_file = Route(
    f"DELETE {_FILE}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("delete_file", on="server"),
)
