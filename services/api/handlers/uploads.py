"""Uploads: announced, then sent in one part or many, each going on where the last one ended."""

import asyncio

from services.api.files import tus
from services.api.files.receive import Body, full, receive
from services.api.files.records import announce, delete_row, find_file, stored
from services.api.handlers.call import Call
from services.api.handlers.jobs import nudge
from services.api.reply import Reply
from services.api.tools import Tools
from services.common.files.disk import DiskFull, sha256
from services.common.files.types import IMAGES, SNIFFED_BYTES, sniffed
from services.common.hrana import Row, Value
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from services.common.problem import Problem


async def create_upload(call: Call, tools: Tools) -> Reply:
    """201, and where to send the bytes: the server that answers keeps the file."""
    wanted = tus.creation(call.request)
    try:
        tools.disk.require(wanted.size)
    except DiskFull:
        raise full() from None
    workspace, server, file = str(call.path["workspace"]), tools.settings.server_name, new_id()
    row: dict[str, Value] = {
        "id": file,
        "workspace": workspace,
        "note": wanted.note,
        "owner": call.caller.user,
        "server": server,
        "name": wanted.name,
        "size": wanted.size,
        "created": now_ms(),
    }
    await announce(tools, row)
    location = {"location": f"/api/workspaces/{workspace}/servers/{server}/uploads/{file}"}
    return Reply(201, {**tus.headers(0, wanted.size, int(row["created"] or 0)), **location})


async def read_upload(call: Call, tools: Tools) -> Reply:
    """How much has come: what a client asks before it goes on."""
    row = await _own(call, tools)
    return Reply(200, tus.headers(tools.disk.arrived(str(row["id"])), *_announced(row)))


async def append_upload(call: Call, tools: Tools) -> Reply:
    """204 and the new offset. With the last byte the file is there."""
    body = Body(call.request)
    try:
        return await _append(call, tools, body)
    except Problem:
        # Who is still sending would not hear the answer.
        await body.drain()
        raise


async def _append(call: Call, tools: Tools, body: Body) -> Reply:
    part = tus.part(call.request)
    row = await _own(call, tools)
    file, (size, created) = str(row["id"]), _announced(row)
    try:
        if tools.disk.whole(file).exists() and part.offset == size:
            # All of it had come, and then the database didn't answer.
            offset = size
        else:
            tools.disk.require(size - part.offset)
            offset = await receive(body, tools.disk, file, part, size)
        if offset == size:
            await _store(call, tools, row)
    except DiskFull:
        raise full() from None
    return Reply(204, tus.headers(offset, size, created))


async def delete_upload(call: Call, tools: Tools) -> Reply:
    """Ends an upload that nobody wants any more."""
    row = await _own(call, tools)
    await delete_row(call, tools)
    await asyncio.to_thread(tools.disk.forget, str(row["id"]))
    return Reply(204, {"tus-resumable": tus.VERSION})


async def _store(call: Call, tools: Tools, row: Row) -> None:
    file = str(row["id"])
    digest = await asyncio.to_thread(_complete, tools, file)
    head = await asyncio.to_thread(_head, tools, file)
    kind = sniffed(head)
    of_note = row["note"] is not None and kind in IMAGES
    preview = NewJob("preview", {"file": file}, call.caller.user, server=tools.settings.server_name)
    about = {"type": kind, "sha256": digest, "preview": "queued" if of_note else None, "now": now_ms()}
    jobs = [preview.statement("changes() = 1")] if of_note else []
    await tools.database.transaction([stored(file, **about), *jobs])
    if of_note:
        await nudge(call, tools, preview)


def _complete(tools: Tools, file: str) -> str:
    tools.disk.complete(file)
    return sha256(tools.disk.whole(file))


def _head(tools: Tools, file: str) -> bytes:
    with tools.disk.whole(file).open("rb") as opened:
        return opened.read(SNIFFED_BYTES)


async def _own(call: Call, tools: Tools) -> Row:
    row = await find_file(call, tools, "uploading")
    if row["owner"] != call.caller.user:
        raise Problem(404, "There is no such file.")
    return row


def _announced(row: Row) -> tuple[int, int]:
    return int(row["size"] or 0), int(row["created"] or 0)
