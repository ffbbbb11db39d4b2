"""The rows of files: announced, stored, found, deleted."""

from typing import Any

from services.api.handlers.call import Call
from services.api.tools import Tools
from services.common.hrana import Row, Statement, Value
from services.common.problem import Problem

# The quota counts what is announced, so that two uploads can't both take the last of it.
INSERT = """insert into files (id, workspace, note, owner, server, name, size, state, created)
select :id, :workspace, :note, :owner, :server, :name, :size, 'uploading', :created
where (select coalesce(sum(size), 0) from files where workspace = :workspace) + :size <= :quota
  and (:note is null or exists (select 1 from notes where id = :note and workspace = :workspace))"""
USED = """select (select coalesce(sum(size), 0) from files where workspace = :workspace) as used,
  :note is null or exists (select 1 from notes where id = :note and workspace = :workspace) as note"""
FIND = "select * from files where id = :file and workspace = :workspace and server = :server"
STORED = """update files set state = 'stored', type = :type, sha256 = :sha256,
  preview = :preview, stored = :now
where id = :id and state = 'uploading'"""
DELETE = "delete from files where id = :file and workspace = :workspace and server = :server returning id"


async def announce(tools: Tools, row: dict[str, Value]) -> None:
    """Raises Problem 404 or 413."""
    quota = tools.settings.files_quota_bytes
    if (await tools.database.execute(INSERT, {**row, "quota": quota})).changed:
        return
    about = {name: row[name] for name in ("workspace", "note")}
    [found] = (await tools.database.execute(USED, about)).rows
    if not found["note"]:
        raise Problem(404, "There is no such note.")
    left = max(0, quota - int(found["used"] or 0))
    raise Problem(413, f"The workspace has {left} bytes left of {quota}.")


async def find_file(call: Call, tools: Tools, state: str) -> Row:
    """The file that the path names, on this server, in this state. Raises Problem 404."""
    rows = (await tools.database.execute(FIND, _args(call))).rows
    if not rows or rows[0]["state"] != state or rows[0]["server"] != tools.settings.server_name:
        raise Problem(404, "There is no such file.")
    return rows[0]


async def delete_row(call: Call, tools: Tools) -> None:
    """Raises Problem 404."""
    if not (await tools.database.execute(DELETE, _args(call))).rows:
        raise Problem(404, "There is no such file.")


def stored(file: str, **values: Any) -> Statement:
    return Statement(STORED, {"id": file, **values})


def _args(call: Call) -> dict[str, Value]:
    return {name: str(call.path[name]) for name in ("file", "workspace", "server")}
