"""Files: handed out whole or in ranges, and deleted."""

import asyncio
import re
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from starlette.datastructures import Headers
from starlette.responses import FileResponse
from starlette.types import Message, Scope, Send

from services.api.files.records import delete_row, find_file
from services.api.handlers.call import Call
from services.api.reply import Reply
from services.api.request import Request
from services.api.tools import Tools
from services.common.files.types import INLINE
from services.common.problem import Problem

PREVIEW = "image/webp"
_NO_RANGE = "The header Range is not valid: it is like bytes=0-99."


@dataclass(frozen=True, slots=True)
class _File(Reply):
    """A file on the disk, or the range of it that the request asks for."""

    request: Request | None = None
    response: FileResponse | None = None

    async def send(self, send: Send, *, head: bool) -> None:
        """Raises Problem for a range that can't be given."""
        assert self.request is not None and self.response is not None

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                _check_range(message)
            await send(message)

        await self.response(self._scope(self.request, self.response.path), self.request.receive, sent)

    @staticmethod
    def _scope(request: Request, path: str | PathLike[str]) -> Scope:
        """With the ranges that the file at `path` has, if it has any."""
        asked = request.header("range")
        if asked is None:
            return request.scope
        headers = [each for each in request.scope["headers"] if each[0] != b"range"]
        if (wanted := satisfiable(asked, Path(path).stat().st_size)) is not None:
            headers.append((b"range", wanted.encode()))
        return {**request.scope, "headers": headers}


_RANGE = re.compile(r"(?P<first>[0-9]+)-[0-9]*|-[0-9]+")


def satisfiable(asked: str, size: int) -> str | None:
    """The header Range without what begins behind a file's end, if anything is left (RFC 9110, 14.1.2).

    None of other units than bytes, which are to be ignored. Raises Problem 400 for what is no range.
    """
    units, equals, ranges = asked.partition("=")
    if equals and units.strip().lower() != "bytes":
        return None
    parts = [_RANGE.fullmatch(each.strip()) for each in ranges.split(",")]
    if not all(parts):
        raise Problem(400, _NO_RANGE)
    kept = [part[0] for part in parts if part and int(part["first"] or 0) < size]
    return f"bytes={','.join(kept)}" if kept else asked


def _check_range(start: Message) -> None:
    """Raises Problem instead of Starlette's own answers, which are plain text."""
    if start["status"] == 400:
        raise Problem(400, _NO_RANGE)
    if start["status"] == 416:
        of = Headers(raw=start["headers"])["content-range"]
        raise Problem(416, "The file has nothing in this range.", {"content-range": of})


async def read_file(call: Call, tools: Tools) -> Reply:
    """Images are shown, all else is for saving. The entity tag is the content's SHA-256."""
    row = await find_file(call, tools, "stored")
    kind, digest = str(row["type"]), str(row["sha256"])
    shown = "inline" if kind in INLINE else "attachment"
    place = tools.disk.whole(str(row["id"]))
    return file_reply(call, place, kind, digest, name=str(row["name"]), shown=shown)


async def read_preview(call: Call, tools: Tools) -> Reply:
    row = await find_file(call, tools, "stored")
    if row["preview"] != "done":
        raise Problem(404, "There is no preview of this file.")
    return file_reply(
        call, tools.disk.preview(str(row["id"])), PREVIEW, f"preview-{row['sha256']}", shown="inline"
    )


async def delete_file(call: Call, tools: Tools) -> Reply:
    """204: the row is gone, then the file and its preview. A kill in between leaves them to the clean-up."""
    await find_file(call, tools, "stored")
    await delete_row(call, tools)
    await asyncio.to_thread(tools.disk.forget, str(call.path["file"]))
    return Reply(204)


def file_reply(
    call: Call, place: Path, kind: str, tag: str, *, name: str | None = None, shown: str = "attachment"
) -> Reply:
    """The file at `place`, or the range of it that is asked for."""
    etag = f'"{tag}"'
    headers = {"etag": etag, "cache-control": "private, no-cache", "x-content-type-options": "nosniff"}
    if call.request.header("if-none-match") == etag:
        return Reply(304, headers)
    if not place.is_file():
        call.request.state["failure"] = "a file's row has no file: restore it from a backup"
        raise Problem(404, "This file is lost.")
    response = FileResponse(
        place, headers=headers, media_type=kind, filename=name, content_disposition_type=shown
    )
    return _File(200, {}, b"", (), call.request, response)
