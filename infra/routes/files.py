"""Files of a workspace: on the server that the path names, as only that one has them."""

from infra.routes.fields import Id
from infra.routes.limits import READS, WRITES
from infra.routes.route import Content, Handler, Many, Member, Nothing, RateLimit, Route, Row

_TUS = {"tus-resumable": "the version of the protocol: 1.0.0"}
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
    headers={
        **_TUS,
        "upload-length": "the file's bytes",
        "upload-metadata": "`filename`, and maybe `note`: keys, each with its value in base64",
    },
    returns=Nothing(status=201),
    problems=(404, 412, 413),
)

read_upload = Route(
    f"GET {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(READS,),
    handler=Handler("read_upload", on="server"),
    returns=Nothing(status=200),
)

append_upload = Route(
    f"PATCH {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(PARTS,),
    handler=Handler("append_upload", on="server"),
    takes="application/offset+octet-stream",
    headers={**_TUS, "upload-offset": "how many bytes are there already"},
    returns=Nothing(),
    problems=(409, 412, 413, 460),
)

delete_upload = Route(
    f"DELETE {_UPLOAD}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("delete_upload", on="server"),
    returns=Nothing(),
)

read_file = Route(
    f"GET {_FILE}",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    handler=Handler("read_file", on="server"),
    returns=Content("*/*", statuses=(200, 206)),
)

read_preview = Route(
    f"GET {_FILE}/preview",
    tier="server",
    access=Member("workspace"),
    rate_limits=(READS,),
    handler=Handler("read_preview", on="server"),
    returns=Content("image/webp", statuses=(200, 206)),
)

delete_file = Route(
    f"DELETE {_FILE}",
    tier="server",
    access=Member("workspace", role="editor"),
    rate_limits=(WRITES,),
    handler=Handler("delete_file", on="server"),
    returns=Nothing(),
)
