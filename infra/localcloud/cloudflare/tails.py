"""Who follows which Worker right now: held in memory, as a tail is no declared state and ends by itself."""

import asyncio
import contextlib
import logging
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from infra.localcloud.cloudflare.engine import Engine

log = logging.getLogger(__name__)

LIFE = timedelta(hours=6)
"""The local cloud's own: Cloudflare names no length, only the end of each tail (`expires_at`)."""
POLL_SECONDS = 0.1
MOST_WAITING = 1000
"""Messages for one listener: who reads too slowly misses some, as in Cloudflare's sampling mode."""

Message = dict[str, Any]


@dataclass(frozen=True)
class Tail:
    """`id` is all that its WebSocket asks for."""

    worker: str
    id: str = field(default_factory=lambda: secrets.token_hex(16))
    expires: datetime = field(default_factory=lambda: datetime.now(UTC) + LIFE)


class Tails:
    """Asks the edge for what happened as long as anybody listens."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._tails: dict[str, Tail] = {}
        self._listeners: dict[asyncio.Queue[Message | None], str] = {}
        self._polling: asyncio.Task[None] | None = None

    def open(self, worker: str) -> Tail:
        tail = Tail(worker)
        self._tails[tail.id] = tail
        return tail

    def of(self, worker: str) -> list[Tail]:
        """Oldest first."""
        return [each for each in self._tails.values() if each.worker == worker and self.find(each.id)]

    def find(self, tail_id: str) -> Tail | None:
        found = self._tails.get(tail_id)
        return found if found is not None and found.expires > datetime.now(UTC) else None

    def close(self, tail: Tail) -> None:
        """Ends its listeners too."""
        self._tails.pop(tail.id, None)
        for queue, tail_id in self._listeners.items():
            if tail_id == tail.id:
                _offer(queue, None)

    @contextlib.asynccontextmanager
    async def listening(self, tail: Tail) -> AsyncIterator[AsyncIterator[Message]]:
        """Its messages from now on; they end with the tail."""
        queue: asyncio.Queue[Message | None] = asyncio.Queue(MOST_WAITING)
        # From the first call on the edge keeps them.
        await self._engine.traces()
        self._listeners[queue] = tail.id
        if self._polling is None:
            self._polling = asyncio.create_task(self._poll(), name="tails")
        try:
            yield _until_none(queue)
        finally:
            del self._listeners[queue]
            if not self._listeners:
                await self.stop()

    async def stop(self) -> None:
        polling, self._polling = self._polling, None
        if polling is not None:
            polling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await polling

    async def _poll(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            try:
                messages = await self._engine.traces()
            except httpx.HTTPError as error:
                # It is being restarted: what it kept is lost.
                log.warning("the edge tells no tail of its requests: %r", error)
                continue
            for queue, tail_id in self._listeners.items():
                if (tail := self._tails.get(tail_id)) is not None:
                    for message in messages:
                        if message["scriptName"] == tail.worker:
                            _offer(queue, message)


def _offer(queue: asyncio.Queue[Message | None], message: Message | None) -> None:
    if message is None and queue.full():
        queue.get_nowait()
    with contextlib.suppress(asyncio.QueueFull):
        queue.put_nowait(message)


async def _until_none(queue: asyncio.Queue[Message | None]) -> AsyncIterator[Message]:
    while (message := await queue.get()) is not None:
        yield message
