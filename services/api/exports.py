"""Exports: a job for each, written down in one transaction with it."""

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.api.input import Input, json_body
from services.api.jobs import nudge
from services.api.tools import Tools
from services.common.hrana import Row, Statement, Value
from services.common.ids import now_ms
from services.common.jobs import NewJob
from services.common.problem import Problem

if TYPE_CHECKING:
    from services.common.identity import Identity

INSERT = """insert into exports (id, user, note, state, created)
select :id, :user, id, 'queued', :created from notes where id = :note"""
READ = "select id, note, state, result, created, finished from exports where id = :id and user = :user"


class NewExport(Input):
    note: Annotated[str, Field(description="the id of a note", max_length=64)]


async def create_export(request: Request, tools: Tools) -> Response:
    """202: the job is written down, and will be done whatever becomes of the queue."""
    note = (await json_body(request, NewExport)).note
    job = NewJob("export", owner=_user(request))
    export: dict[str, Value] = {"id": job.id, "created": now_ms()}
    insert = Statement(INSERT, {**export, "user": _user(request), "note": note})
    written = job.statement("exists (select 1 from exports where id = :id)")
    if (await tools.database.transaction([insert, written]))[0].changed == 0:
        raise Problem(404, "There is no such note.")
    await nudge(request, tools, job)
    headers = {"location": f"/api/exports/{job.id}"}
    return JSONResponse({**export, "note": note, "state": "queued"}, 202, headers)


async def read_export(request: Request, tools: Tools) -> Response:
    return JSONResponse(dict(await _find(request, tools)))


async def read_export_file(request: Request, tools: Tools) -> Response:
    """The result as a file. Problem 404 until it is done."""
    export = await _find(request, tools)
    if export["result"] is None:
        raise Problem(404, "This export is not done.")
    headers = {"content-disposition": f'attachment; filename="note-{export["note"]}.md"'}
    return Response(str(export["result"]), media_type="text/markdown", headers=headers)


async def _find(request: Request, tools: Tools) -> Row:
    args = {"id": request.path_params["id"], "user": _user(request)}
    rows = (await tools.database.execute(READ, args)).rows
    if not rows:
        raise Problem(404, "There is no such export.")
    return rows[0]


def _user(request: Request) -> str:
    identity: Identity = request.state.identity
    return identity.user
