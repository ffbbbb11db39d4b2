"""Exports: a job for each, written down in one transaction with it."""

from services.api.handlers.call import Call
from services.api.handlers.files import file_reply
from services.api.handlers.jobs import nudge
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.hrana import Row, Statement, Value
from services.common.ids import now_ms
from services.common.jobs import NewJob
from services.common.problem import Problem

# Of a note that the caller may read: in an open workspace, or in one of the caller's.
INSERT = """insert into exports (id, user, note, server, state, created)
select :id, :user, notes.id, :server, 'queued', :created
from notes join workspaces on workspaces.id = notes.workspace
where notes.id = :note and (workspaces.open = 1 or exists (
  select 1 from memberships where memberships.workspace = notes.workspace and memberships.user = :user))"""
# The server that has most of the note's images, as no other can show them.
SERVER = """select server from files where preview is not null
  and workspace = (select workspace from notes where id = :note) and note = :note
group by server order by count(*) desc, server limit 1"""
READ = "select id, note, server, state, created, finished from exports where id = :id and user = :user"


async def create_export(call: Call, tools: Tools) -> Reply:
    """202: the job is written down, and will be done whatever becomes of the queue."""
    note: str = call.body["note"]
    at = (await tools.database.execute(SERVER, {"note": note})).rows
    server = str(at[0]["server"]) if at else tools.settings.server_name
    job = NewJob("export", owner=call.caller.user, server=server)
    export: dict[str, Value] = {"id": job.id, "note": note, "server": server, "created": now_ms()}
    insert = Statement(INSERT, {**export, "user": call.caller.user})
    written = job.statement("exists (select 1 from exports where id = :id)")
    if (await tools.database.transaction([insert, written]))[0].changed == 0:
        raise Problem(404, "There is no such note.")
    await nudge(call, tools, job)
    headers = {"location": f"/api/exports/{job.id}"}
    return json_reply({**export, "state": "queued"}, 202, headers)


async def read_export(call: Call, tools: Tools) -> Reply:
    """The caller's own, as it stands."""
    return json_reply(dict(await _find(call, tools)))


async def read_export_file(call: Call, tools: Tools) -> Reply:
    """The result as a file, on the server that made it. Problem 404 until it is done."""
    export = await _find(call, tools)
    if export["state"] != "done" or not (
        call.path["server"] == export["server"] == tools.settings.server_name
    ):
        raise Problem(404, "This export is not done.")
    place = tools.disk.result(str(export["id"]))
    return file_reply(call, place, "application/pdf", str(export["id"]), name=f"note-{export['note']}.pdf")


async def _find(call: Call, tools: Tools) -> Row:
    args = {"id": call.path["export"], "user": call.caller.user}
    rows = (await tools.database.execute(READ, args)).rows
    if not rows:
        raise Problem(404, "There is no such export.")
    return rows[0]
