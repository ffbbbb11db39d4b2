"""Two tenants, and how each route would be used to get from one to the other."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from infra.manifest.model import ManifestRoute, MemberAccess
from services.common.files.disk import Disk
from services.common.identity import Identity
from tests.support import sessions
from tests.support.notes import EPOCH, note_id
from tests.support.sqld import Sqld, Value
from tests.support.uploads import TUS, metadata

OURS, THEIRS = "ours", "theirs"
ADA, EVE = note_id(EPOCH, 1), note_id(EPOCH, 2)
OUR_NOTE, THEIR_NOTE, THEIR_COMMENT, THEIR_EXPORT, THEIR_JOB = (note_id(EPOCH, 10 + n) for n in range(5))
OUR_FILE, OUR_UPLOAD, OUR_IMPORT, OUR_CANCELLED = (note_id(EPOCH, 20 + n) for n in range(4))
THEIR_FILE, THEIR_UPLOAD, THEIR_IMPORT, THEIR_CANCELLED = (note_id(EPOCH, 30 + n) for n in range(4))
OUR_ATTACHED, THEIR_ATTACHED = note_id(EPOCH, 40), note_id(EPOCH, 41)
BOB, OUR_INVITATION, THEIR_INVITATION = (note_id(EPOCH, 50 + n) for n in range(3))
"""Bob is a member of ours, and no owner."""
MEMBER = Identity(user=ADA, name="Ada", ws={OURS: "owner"})

OF_THEIRS: Mapping[str, str | int] = {
    "workspace": THEIRS,
    "note": THEIR_NOTE,
    "comment": THEIR_COMMENT,
    "export": THEIR_EXPORT,
    "job": THEIR_JOB,
    "file": THEIR_FILE,
    "upload": THEIR_UPLOAD,
    "import": THEIR_IMPORT,
    "cancelled": THEIR_CANCELLED,
    "user": EVE,
    "invitation": THEIR_INVITATION,
    "server": "vps-1",
    "q": THEIRS,
    "updated": EPOCH,
    "through": 2**53 - 1,
}
"""What a parameter of a path, a query or a body of this name would name of theirs."""

Statement = tuple[str, Mapping[str, Value]]


@dataclass(frozen=True)
class Attempt:
    """A request that names what is theirs."""

    method: str
    target: str
    body: bytes | None
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Outcome:
    """What a client sees, but for ids, times and secrets that are new each time."""

    status: int
    body: str

    @classmethod
    def of(cls, status: int, body: str) -> "Outcome":
        body = re.sub(r'"secret":"[\w-]{43}"', '"secret":"<secret>"', body)
        return cls(status, re.sub(r"\b1[0-9]{12}\b", "<ms>", re.sub(r"[0-9a-f-]{36}", "<id>", body)))


def attempt(route: ManifestRoute, schemas: Mapping[str, Mapping[str, Any]]) -> Attempt:
    """Out of our workspace into theirs; a member's route is asked for our workspace, but for their things."""
    named = dict(OF_THEIRS)
    if isinstance(route.access, MemberAccess):
        named[route.access.parameter] = OURS
    return _request(route, schemas, named)


def plain_use(route: ManifestRoute, schemas: Mapping[str, Mapping[str, Any]]) -> Attempt:
    """Of our own things."""
    ours = {
        "workspace": OURS,
        "note": OUR_NOTE,
        "file": OUR_FILE,
        "upload": OUR_UPLOAD,
        "import": OUR_IMPORT,
        "cancelled": OUR_CANCELLED,
        "user": BOB,
        "invitation": OUR_INVITATION,
        "q": OURS,
    }
    return _request(route, schemas, {**OF_THEIRS, **ours})


def _request(
    route: ManifestRoute, schemas: Mapping[str, Mapping[str, Any]], named: Mapping[str, str | int]
) -> Attempt:
    if "/uploads/" in route.path:
        named = {**named, "file": named["upload"]}
    if route.name == "resume_import":
        named = {**named, "import": named["cancelled"]}
    target = re.sub(r"\{(\w+)\}", lambda name: str(named[name[1]]), route.path)
    query = _values(schemas.get(route.input.query or "", {}), named, only_named=True)
    body = _values(schemas[route.input.body], named) if route.input.body else None
    asked = f"{target}?{urlencode(query)}" if query else target
    content = None if body is None else json.dumps(body).encode()
    headers: Mapping[str, str] = {}
    if route.name == "create_upload":
        headers = {**TUS, "upload-length": "3", **metadata(filename="a", note=str(named["note"]))}
    if route.name == "append_upload":
        headers = {**TUS, "upload-offset": "0", "content-type": "application/offset+octet-stream"}
        content = CONTENT
    return Attempt(route.method, asked, content, headers)


def _values(
    schema: Mapping[str, Any], named: Mapping[str, str | int], *, only_named: bool = False
) -> dict[str, Any]:
    """A value for each property: of theirs where its name says so, else one that fits."""
    properties: Mapping[str, Any] = schema.get("properties", {})
    return {
        name: named[name] if name in named else _fitting(name, each)
        for name, each in properties.items()
        if name in named or not only_named
    }


def _fitting(name: str, schema: Mapping[str, Any]) -> Any:
    """A value of the schema. Enough for the catalogue: a new kind of field says so here."""
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    kinds: Mapping[str, Any] = {"integer": schema.get("minimum", 0), "boolean": False, "array": []}
    if schema["type"] in kinds:
        return kinds[schema["type"]]
    return f"new-{name}".ljust(schema.get("minLength", 0), "x")[: schema.get("maxLength", 64)]


class Tenants:
    """Our workspace, which is Ada's, and theirs, which is Eve's and closed."""

    def __init__(self, database: Sqld, disk: Disk) -> None:
        self._database, self._disk = database, disk
        self._clear: list[Statement] = [(f"delete from {table}", {}) for table in _tables(database)]  # noqa: S608 - the schema's

    def reset(self, *, theirs: bool) -> None:
        """Leaves nothing but the rows of both, or of ours alone."""
        rows = [
            *_tenant(OURS, ADA, OUR_NOTE),
            (MEMBERSHIP, {"user": BOB}),
            # A stream looks whether it is there.
            (sessions.ROW, {"id": sessions.SESSION}),
            _invitation(OURS, ADA, OUR_INVITATION),
            *_files(OURS, ADA, OUR_FILE, OUR_UPLOAD),
        ]
        rows += _imports(OURS, ADA, OUR_IMPORT, OUR_CANCELLED) + (self._their_rows() if theirs else [])
        for file in (OUR_UPLOAD, THEIR_UPLOAD):
            self._disk.forget(file)
        for file in (OUR_FILE, THEIR_FILE):
            for place in (self._disk.whole(file), self._disk.preview(file)):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(CONTENT)
        self._database.execute_all([*self._clear, *rows])

    def rows(self) -> object:
        """All that is theirs."""
        return self._database.execute_all([(sql, {}) for sql in _their_selects(self._database)])

    def _their_rows(self) -> list[Statement]:
        return [
            *_tenant(THEIRS, EVE, THEIR_NOTE),
            (COMMENT, {"id": THEIR_COMMENT, "workspace": THEIRS, "note": THEIR_NOTE, "user": EVE}),
            (EXPORT, {"id": THEIR_EXPORT, "note": THEIR_NOTE, "user": EVE}),
            (JOB, {"id": THEIR_JOB, "user": EVE}),
            *_files(THEIRS, EVE, THEIR_FILE, THEIR_UPLOAD),
            *_imports(THEIRS, EVE, THEIR_IMPORT, THEIR_CANCELLED),
            (NOTIFICATION, {"user": EVE}),
            _invitation(THEIRS, EVE, THEIR_INVITATION),
            ("insert into admins values (:user)", {"user": EVE}),
            ("insert into digest_readers values (:user)", {"user": EVE}),
        ]


COMMENT = """insert into comments (id, workspace, note, author, body, created)
values (:id, :workspace, :note, :user, 'secret', 1)"""
EXPORT = """insert into exports (id, user, note, state, result, created)
values (:id, :user, :note, 'done', 'secret', 1)"""
JOB = """insert into jobs (id, kind, owner, payload, priority, state, tries, due, error, created, finished)
values (:id, 'export', :user, '{}', 'high', 'dead', 1, 1, 'secret', 1, 1)"""
NOTIFICATION = """insert into notifications (user, kind, key, subject, title, actor, created)
values (:user, 'edited', 'secret', 'secret', 'secret', 'Eve', 1)"""


CONTENT = b"abc"
MEMBERSHIP = f"insert into memberships (workspace, user, role, created) values ('{OURS}', :user, 'viewer', 1)"  # noqa: S608
INVITATION = """insert into invitations (id, workspace, role, secret, inviter, created, expires)
values (:id, :workspace, 'owner', :id, :user, 1, 9007199254740991)"""
FILE = """insert into files (id, workspace, note, owner, server, name, size, state, type, sha256,
  preview, created, stored)
values (:id, :workspace, :note, :user, 'vps-1', 'secret', 3, :state, 'image/png', 'x', 'done', 1, 1)"""
IMPORT = """insert into imports (id, workspace, user, file, server, name, size, job,
  position, lines, notes, skipped, faults, state, created)
values (:id, :workspace, :user, 'none', 'vps-1', 'secret', 1, :id, 0, 0, 0, 0, '[]', :state, 1)"""


def _invitation(workspace: str, user: str, identifier: str) -> Statement:
    return INVITATION, {"id": identifier, "workspace": workspace, "user": user}


def _files(workspace: str, user: str, stored: str, uploading: str) -> list[Statement]:
    note, attached = (OUR_NOTE, OUR_ATTACHED) if workspace == OURS else (THEIR_NOTE, THEIR_ATTACHED)
    of: dict[str, Value] = {"workspace": workspace, "user": user, "note": None}
    return [
        (FILE, {**of, "id": stored, "state": "stored"}),
        (FILE, {**of, "id": uploading, "state": "uploading"}),
        (FILE, {**of, "id": attached, "note": note, "state": "stored"}),
    ]


def _imports(workspace: str, user: str, queued: str, cancelled: str) -> list[Statement]:
    of = {"workspace": workspace, "user": user}
    return [
        (IMPORT, {**of, "id": queued, "state": "queued"}),
        (IMPORT, {**of, "id": cancelled, "state": "cancelled"}),
    ]


def _tenant(workspace: str, user: str, note: str) -> list[Statement]:
    """A closed workspace with its owner, a note and a digest."""
    values: dict[str, Value] = {"id": workspace, "user": user, "note": note, "now": EPOCH}
    statements = (
        "insert into users (id, email, name, password, created) values (:user, :user, :id, 'x', 1)",
        "insert into workspaces (id, name, open, created) values (:id, :id, 0, 1)",
        "insert into memberships (workspace, user, role, created) values (:id, :user, 'owner', 1)",
        """insert into notes (id, workspace, title, body, created, updated, tags)
        values (:note, :id, :id, :id, 1, :now, json_array(:id))""",
        """insert into digest (workspace, notes, recent, newest, title, through, counted, refreshed)
        values (:id, 1, 1, :note, :id, 1, 1, 1)""",
    )
    return [
        (sql, {name: values[name] for name in values if re.search(rf":{name}\b", sql)}) for sql in statements
    ]


def _tables(database: Sqld) -> list[str]:
    found = database.execute(
        "select name from sqlite_schema where type = 'table' and name not like 'sqlite%'"
    )
    return [str(name) for [name] in found if not str(name).startswith(("_", "libsql"))]


def _their_selects(database: Sqld) -> list[str]:
    """Of every table what belongs to their workspace, or to Eve: by the names of its columns."""
    belongs = {"workspace": THEIRS, "user": EVE, "owner": EVE}
    selects = [f"select * from workspaces where id = '{THEIRS}'"]  # noqa: S608
    for table in _tables(database):
        columns = {name for [name] in database.execute(f"select name from pragma_table_info('{table}')")}  # noqa: S608
        if owner := next((name for name in belongs if name in columns), None):
            selects.append(f"select * from {table} where {owner} = '{belongs[owner]}'")  # noqa: S608
    return selects


def crossing(tenants: Tenants, ask: Callable[[Attempt], Outcome], tried: Attempt) -> str | None:
    """How the request got to what is theirs; None if it didn't.

    It must change nothing of theirs, and its answer must be the same as if there were no such tenant.
    """
    tenants.reset(theirs=True)
    before, seen = tenants.rows(), ask(tried)
    if tenants.rows() != before:
        return "rows of theirs were changed"
    tenants.reset(theirs=False)
    blind = ask(tried)
    return None if seen == blind else f"with them: {seen}, without: {blind}"
