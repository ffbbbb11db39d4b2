"""Events to Redis, for those who listen now: sent when it is there, never waited for."""

import asyncio
from typing import Protocol

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

QUEUED = 10_000
CONNECT_SECONDS = 5.0


class Publisher(Protocol):
    def publish_soon(self, channel: str, event: str) -> None: ...


class RedisPublisher:
    """Sends when it can; while Redis is away, events are dropped."""

    def __init__(self, url: str) -> None:
        # Once more at once: the connection may have gone while nothing was told. What is late is of no use.
        self._redis = Redis.from_url(
            url,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_timeout=CONNECT_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )
        self._queue: asyncio.Queue[tuple[str, str]] = asyncio.Queue(QUEUED)

    def publish_soon(self, channel: str, event: str) -> None:
        if not self._queue.full():
            self._queue.put_nowait((channel, event))

    async def run(self) -> None:
        """Until cancelled."""
        async with self._redis:
            while True:
                channel, event = await self._queue.get()
                try:
                    await self._redis.publish(channel, event)
                except (RedisError, OSError, TimeoutError):
                    await asyncio.sleep(1.0)
