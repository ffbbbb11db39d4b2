"""Takes the bytes of an upload from a request to the disk: what is acknowledged is there."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import IO

from starlette.types import Message

from services.api.files.tus import Part
from services.api.request import Request
from services.common.files.disk import BLOCK, Disk, full_or_same
from services.common.problem import Problem

RETRY_AFTER_SECONDS = 10
DRAINED_BYTES = 32 * 1024 * 1024
DRAIN_SECONDS = 10.0


class Body:
    """The bytes that a request brings."""

    def __init__(self, request: Request) -> None:
        self._receive = request.receive
        self._more = True

    async def blocks(self) -> AsyncIterator[bytes]:
        """In a size that is worth a write. Raises ConnectionError."""
        block = bytearray()
        while self._more:
            block += (message := await self._next()).get("body", b"")
            if block and (len(block) >= BLOCK or not self._more):
                yield bytes(block)
                block.clear()
            if message["type"] == "http.disconnect":
                raise ConnectionError("the client went away")

    async def drain(self) -> None:
        """Reads what is left, within limits, and drops it."""
        left = DRAINED_BYTES
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_SECONDS):
                while self._more and left > 0:
                    left -= len((await self._next()).get("body", b""))

    async def _next(self) -> Message:
        message = await self._receive()
        self._more = message.get("more_body", False)
        return message


def full() -> Problem:
    """What was received is kept: the upload goes on once there is room."""
    detail = "The server's disk is full. What was sent is kept, and goes on once there is room."
    return Problem(507, detail, {"retry-after": str(RETRY_AFTER_SECONDS)})


async def receive(body: Body, disk: Disk, file: str, part: Part, size: int) -> int:
    """The new offset. Raises Problem 409, 413, 423 or 460; DiskFull.

    A connection that breaks off keeps what came, unless a checksum was promised for the whole part.
    """
    with _alone(disk, file) as target:
        if target.tell() != part.offset:
            raise Problem(409, f"The upload goes on at {target.tell()}, not at {part.offset}.")
        digest = hashlib.sha256()
        try:
            async for block in body.blocks():
                if target.tell() + len(block) > size:
                    raise Problem(413, f"The upload was announced with {size} bytes.")
                digest.update(block)
                await asyncio.to_thread(_write, target, block)
            part.check(digest.digest())
        except BaseException as error:
            if part.sha256 is not None or isinstance(error, Problem):
                target.truncate(part.offset)
            if isinstance(error, OSError):
                raise full_or_same(error) from None
            raise
        finally:
            await asyncio.to_thread(os.fsync, target.fileno())
        return target.tell()


def _write(target: IO[bytes], block: bytes) -> None:
    """All of the block, or nothing of it."""
    before, left = target.tell(), memoryview(block)
    try:
        while left:
            left = left[target.write(left) :]
    except OSError:
        target.truncate(before)
        raise


@contextmanager
def _alone(disk: Disk, file: str) -> Iterator[IO[bytes]]:
    """The upload's file, at its end, for one request at a time. Raises Problem 423; DiskFull."""
    place = disk.incoming(file)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        target = place.open("ab", buffering=0)
    except OSError as error:
        raise full_or_same(error) from None
    with target:
        try:
            fcntl.flock(target, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Problem(423, "Another request sends this file just now.") from None
        yield target
