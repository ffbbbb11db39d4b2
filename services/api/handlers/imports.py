"""Imports: begun with a file that was uploaded, cancelled, and resumed where they were."""

from services.api.files.records import find_file
from services.api.handlers.call import Call
from services.api.handlers.jobs import nudge
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.hrana import Row, Statement
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob, cancelled
from services.common.problem import Problem

INSERT = """insert into imports (id, workspace, user, file, server, name, size, job,
  position, lines, notes, skipped, faults, state, created)
select :id, :workspace, :user, id, server, name, size, :job, 0, 0, 0, 0, '[]', 'queued', :now
from files where id = :file and workspace = :workspace and note is null and state = 'stored'
  and not exists (select 1 from imports where imports.file = files.id)"""
FIND = "select * from imports where id = :import and workspace = :workspace and user = :user"
# Only what this very job stands at may be left or gone on with: two clicks are one.
CANCEL = """update imports set state = 'cancelled'
where id = :import and workspace = :workspace and job = :job and state in ('queued', 'running')"""
RESUME = """update imports set state = 'queued', job = :next, finished = null
where id = :import and workspace = :workspace and job = :job and state in ('cancelled', 'failed')"""


async def create_import(call: Call, tools: Tools) -> Reply:
    """202: the job is written down with it, for the server that has the file."""
    file = await find_file(call, tools, "stored")
    identifier, user = new_id(), call.caller.user
    job = NewJob("import", {"import": identifier}, user, priority="low", server=str(file["server"]))
    about = {"id": identifier, "workspace": str(call.path["workspace"]), "user": user, "job": job.id}
    insert = Statement(INSERT, {**about, "file": str(file["id"]), "now": now_ms()})
    written = job.statement("exists (select 1 from imports where job = :id)")
    if (await tools.database.transaction([insert, written]))[0].changed == 0:
        raise Problem(409, "This file is imported already, or is attached to a note.")
    await nudge(call, tools, job)
    return json_reply({"id": identifier, "job": job.id, "state": "queued"}, 202)


async def cancel_import(call: Call, tools: Tools) -> Reply:
    """What was written stays; nothing more is. Problem 409 where it has ended."""
    found = await _find(call, tools)
    statement = Statement(CANCEL, {**_args(call), "job": str(found["job"])})
    done, _ = await tools.database.transaction([statement, cancelled(str(found["job"]), call.caller.user)])
    if done.changed == 0:
        raise Problem(409, "This import has ended already.")
    return json_reply({"id": found["id"], "job": found["job"], "state": "cancelled"})


async def resume_import(call: Call, tools: Tools) -> Reply:
    """202: goes on after the last line that is done. Problem 409 unless it was cancelled or has failed."""
    found = await _find(call, tools)
    server = str(found["server"])
    job = NewJob("import", {"import": str(found["id"])}, call.caller.user, priority="low", server=server)
    resume = Statement(RESUME, {**_args(call), "job": str(found["job"]), "next": job.id})
    written = job.statement("exists (select 1 from imports where job = :id)")
    if (await tools.database.transaction([resume, written]))[0].changed == 0:
        raise Problem(409, "This import is not cancelled.")
    await nudge(call, tools, job)
    return json_reply({"id": found["id"], "job": job.id, "state": "queued"}, 202)


async def _find(call: Call, tools: Tools) -> Row:
    rows = (await tools.database.execute(FIND, {**_args(call), "user": call.caller.user})).rows
    if not rows:
        raise Problem(404, "There is no such import.")
    return rows[0]


def _args(call: Call) -> dict[str, str]:
    return {name: str(call.path[name]) for name in ("import", "workspace")}
