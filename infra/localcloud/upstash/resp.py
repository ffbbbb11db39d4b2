"""Connections to Valkey that keep its answers as they are: an error's own text, a string's own bytes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Self

import hiredis

from infra.localcloud.endpoints import Address

CONNECTIONS = 64
"""At once for each user of a database; further requests wait."""
RESTART_SECONDS = 10.0
"""How long a request waits for a Valkey that is being restarted."""
POLL_SECONDS = 0.05
CHUNK_BYTES = 64 * 1024


class ReplyError(Exception):
    """An error answer, also as an element of an array: `WRONGTYPE Operation against a key ...`."""


class LostError(Exception):
    """The connection broke after a command was sent: whether it ran is not known."""


Reply = Any
"""bytes, int, None, ReplyError or a list of these."""


class Connection:
    """One RESP2 connection, authenticated. Commands run in order; answers come in the same order."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._replies = hiredis.Reader(replyError=ReplyError, protocolError=ReplyError)

    @classmethod
    async def open(cls, address: Address, user: str, password: str) -> Self:
        """Raises OSError if nothing listens, ReplyError if the password is wrong or the data still loads."""
        connection = cls(*await asyncio.open_connection(address.host, address.port))
        try:
            for reply in await connection.run([b"AUTH", user.encode(), password.encode()], [b"PING"]):
                if isinstance(reply, ReplyError):
                    raise reply
        except LostError as lost:
            raise ConnectionResetError(str(lost)) from None
        except BaseException:
            connection.close()
            raise
        return connection

    @classmethod
    async def await_open(cls, address: Address, user: str, password: str) -> Self:
        """Like `open`, and waits for a Valkey that is being restarted: nothing has been sent yet."""
        deadline = asyncio.get_running_loop().time() + RESTART_SECONDS
        while True:
            try:
                return await cls.open(address, user, password)
            except (OSError, ReplyError) as error:
                passing = isinstance(error, OSError) or str(error).startswith("LOADING")
                if not passing or asyncio.get_running_loop().time() > deadline:
                    raise
            await asyncio.sleep(POLL_SECONDS)

    async def run(self, *commands: Sequence[bytes]) -> list[Reply]:
        """The answers, errors among them. Raises LostError."""
        try:
            self.send(*commands)
            await self._writer.drain()
            return [await self.receive() for _ in commands]
        except OSError as error:
            raise LostError(str(error)) from None

    def send(self, *commands: Sequence[bytes]) -> None:
        for command in commands:
            parts: Any = tuple(command)  # hiredis's own types say a tuple of one
            self._writer.write(hiredis.pack_command(parts))

    async def receive(self) -> Reply:
        """The next answer or message. Raises LostError."""
        while (reply := self._replies.gets()) is False:
            data = await self._reader.read(CHUNK_BYTES)
            if not data:
                raise LostError("Valkey closed the connection")
            self._replies.feed(data)
        return reply

    @property
    def broken(self) -> bool:
        return self._reader.at_eof() or self._writer.is_closing()

    def close(self) -> None:
        self._writer.close()


class Pool:
    """Connections of one user, kept open between requests."""

    def __init__(self, address: Address, user: str, password: str) -> None:
        self._opening = (address, user, password)
        self._idle: list[Connection] = []
        self._places = asyncio.Semaphore(CONNECTIONS)
        self._closed = False

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for the block; one that the block leaves in the middle of an answer is not kept.

        Raises OSError or ReplyError if Valkey can't be had in time.
        """
        async with self._places:
            connection = self._kept() or await Connection.await_open(*self._opening)
            try:
                yield connection
            except BaseException:
                connection.close()
                raise
            if self._closed or connection.broken:
                connection.close()
            else:
                self._idle.append(connection)

    async def run(self, *commands: Sequence[bytes]) -> list[Reply]:
        async with self.connection() as connection:
            return await connection.run(*commands)

    def close(self) -> None:
        self._closed = True
        while self._idle:
            self._idle.pop().close()

    def _kept(self) -> Connection | None:
        while self._idle:
            connection = self._idle.pop()
            if not connection.broken:
                return connection
            connection.close()
        return None
