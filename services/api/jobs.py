"""Jobs for their owners, who see and cancel them, and for operators, who play dead ones again."""

import json
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.api.input import Input, query_of
from services.api.queue import QueueUnavailable
from services.api.tools import Tools
from services.common.hrana import Row
from services.common.ids import now_ms
from services.common.jobs import DEAD, NewJob, Priority, cancelled, replayed
from services.common.problem import Problem

if TYPE_CHECKING:
    from services.common.identity import Identity

READ = """select id, kind, state, progress, case when state = 'refused' then error end as error,
  created, finished
from jobs where id = :id and owner = :owner"""
IS_ADMIN = "select 1 from admins where user = :user"
PAGE = 50


class DeadPage(Input):
    before: Annotated[int, Field(description="milliseconds since the epoch", strict=False)] | None = None


async def nudge(request: Request, tools: Tools, job: NewJob) -> None:
    """Queues a job that is written down, so that it needn't wait for the relay."""
    await _queue(request, tools, job.id, job.priority)


async def read_job(request: Request, tools: Tools) -> Response:
    return JSONResponse(_told(await _own(request, tools)))


async def cancel_job(request: Request, tools: Tools) -> Response:
    """409 where the job has ended already."""
    job = await _own(request, tools)
    statement = cancelled(str(job["id"]), _user(request))
    if not (await tools.database.execute(statement.sql, statement.args)).changed:
        raise Problem(409, "This job has ended already.")
    return JSONResponse(_told(await _own(request, tools)))


async def list_dead_jobs(request: Request, tools: Tools) -> Response:
    """For operators: the jobs that failed in every try, the latest first."""
    await _require_admin(request, tools)
    before = query_of(request, DeadPage).before or now_ms() + 1
    rows = (await tools.database.execute(DEAD, {"before": before, "limit": PAGE})).rows
    following = rows[-1]["finished"] if len(rows) == PAGE else None
    return JSONResponse({"jobs": [dict(row) for row in rows], "next": following})


async def replay_job(request: Request, tools: Tools) -> Response:
    """For operators: queues a dead job again."""
    await _require_admin(request, tools)
    identifier = str(request.path_params["id"])
    statement = replayed(identifier)
    rows = (await tools.database.execute(statement.sql, statement.args)).rows
    if not rows:
        raise Problem(404, "There is no such dead job.")
    priority: Priority = "high" if rows[0]["priority"] == "high" else "low"
    await _queue(request, tools, identifier, priority)
    return JSONResponse({"id": identifier, "state": "queued"}, 202)


async def _queue(request: Request, tools: Tools, job: str, priority: Priority) -> None:
    try:
        await tools.queue.add(job, priority)
    except QueueUnavailable as unavailable:
        # The relay of the jobs service finds what nobody queued.
        request.state.failure = str(unavailable)


async def _own(request: Request, tools: Tools) -> Row:
    args = {"id": request.path_params["id"], "owner": _user(request)}
    rows = (await tools.database.execute(READ, args)).rows
    if not rows:
        raise Problem(404, "There is no such job.")
    return rows[0]


def _told(job: Row) -> dict[str, Any]:
    return {**job, "progress": None if job["progress"] is None else json.loads(str(job["progress"]))}


async def _require_admin(request: Request, tools: Tools) -> None:
    if not (await tools.database.execute(IS_ADMIN, {"user": _user(request)})).rows:
        raise Problem(403, "This is for the application's operators.")


def _user(request: Request) -> str:
    identity: Identity = request.state.identity
    return identity.user
