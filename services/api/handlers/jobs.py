"""Jobs for their owners, who see and cancel them, and for operators, who play dead ones again."""

import json
from typing import Any

from services.api.handlers.call import Call
from services.api.queue import QueueUnavailable
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.hrana import Row
from services.common.ids import now_ms
from services.common.jobs import DEAD, NO_ROOM, NewJob, cancelled, replayed
from services.common.problem import Problem
from services.common.queue import Place, place_of

READ = """select id, kind, state, progress, created, finished,
  case when state = 'refused' or state = 'queued' and error = :no_room then error end as error
from jobs where id = :id and owner = :owner"""
IS_ADMIN = "select 1 from admins where user = :user"
PAGE = 50


async def nudge(call: Call, tools: Tools, job: NewJob) -> None:
    """Queues a job that is written down, so that it needn't wait for the relay."""
    await _queue(call, tools, job.id, Place(job.priority, job.server))


async def read_job(call: Call, tools: Tools) -> Reply:
    """The caller's own, as it stands."""
    return json_reply(_told(await _own(call, tools)))


async def cancel_job(call: Call, tools: Tools) -> Reply:
    """409 where the job has ended already."""
    job = await _own(call, tools)
    statement = cancelled(str(job["id"]), call.caller.user)
    if not (await tools.database.execute(statement.sql, statement.args)).changed:
        raise Problem(409, "This job has ended already.")
    return json_reply(_told(await _own(call, tools)))


async def list_dead_jobs(call: Call, tools: Tools) -> Reply:
    """For operators: the jobs that failed in every try, the latest first."""
    await _require_admin(call, tools)
    before = call.given.query["before"] or now_ms() + 1
    rows = (await tools.database.execute(DEAD, {"before": before, "limit": PAGE})).rows
    following = rows[-1]["finished"] if len(rows) == PAGE else None
    return json_reply({"jobs": [dict(row) for row in rows], "next": following})


async def replay_job(call: Call, tools: Tools) -> Reply:
    """For operators: queues a dead job again."""
    await _require_admin(call, tools)
    identifier: str = call.path["job"]
    statement = replayed(identifier)
    rows = (await tools.database.execute(statement.sql, statement.args)).rows
    if not rows:
        raise Problem(404, "There is no such dead job.")
    await _queue(call, tools, identifier, place_of(rows[0]))
    return json_reply({"id": identifier, "state": "queued"}, 202)


async def _queue(call: Call, tools: Tools, job: str, place: Place) -> None:
    try:
        await tools.queue.add(job, place)
    except QueueUnavailable as unavailable:
        # The relay of the jobs service finds what nobody queued.
        call.request.state["failure"] = str(unavailable)


async def _own(call: Call, tools: Tools) -> Row:
    args = {"id": call.path["job"], "owner": call.caller.user, "no_room": NO_ROOM}
    rows = (await tools.database.execute(READ, args)).rows
    if not rows:
        raise Problem(404, "There is no such job.")
    return rows[0]


def _told(job: Row) -> dict[str, Any]:
    return {**job, "progress": None if job["progress"] is None else json.loads(str(job["progress"]))}


async def _require_admin(call: Call, tools: Tools) -> None:
    if not (await tools.database.execute(IS_ADMIN, {"user": call.caller.user})).rows:
        raise Problem(403, "This is for the application's operators.")
