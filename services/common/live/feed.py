"""Events from Redis pub/sub, with one connection that is made again whenever it is lost."""

import asyncio
from typing import TYPE_CHECKING

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.common.log import write_log
from services.common.tasks import end

if TYPE_CHECKING:
    from redis.asyncio.client import PubSub

    from services.common.live.hub import Hub

RECONNECT_SECONDS = 0.5
CONNECT_SECONDS = 5.0


class RedisFeed:
    """Follows the channels that the hub has listeners for."""

    def __init__(self, url: str, hub: "Hub", tier: str) -> None:
        self._url, self._hub, self._tier = url, hub, tier
        self._wishes: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._up = True

    def follow(self, channel: str) -> None:
        self._wishes.put_nowait(("subscribe", channel))

    def leave(self, channel: str) -> None:
        self._wishes.put_nowait(("unsubscribe", channel))

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._listen()
            except (RedisError, OSError, TimeoutError) as error:
                self._report(up=False, failure=type(error).__name__)
            self._hub.lost()
            await asyncio.sleep(RECONNECT_SECONDS)

    async def _listen(self) -> None:
        # No retries below this loop: a connection made anew in silence would hide that events were missed.
        redis = Redis.from_url(
            self._url,
            decode_responses=True,
            socket_connect_timeout=CONNECT_SECONDS,
            socket_keepalive=True,
            retry=Retry(NoBackoff(), 0),
        )
        async with redis, redis.pubsub() as pubsub:
            self._wishes = asyncio.Queue()
            await pubsub.subscribe(*self._hub.channels())
            self._report(up=True)
            wishing = asyncio.create_task(self._grant(pubsub))
            try:
                await self._receive(pubsub)
            finally:
                await end(wishing)

    async def _receive(self, pubsub: "PubSub") -> None:
        async for message in pubsub.listen():
            match message["type"]:
                case "message":
                    self._deliver(message["channel"], message["data"])
                case "subscribe":
                    self._hub.followed(message["channel"])

    def _deliver(self, channel: str, event: str) -> None:
        try:
            self._hub.deliver(channel, event)
        except (ValueError, KeyError, TypeError) as error:
            # Whatever was published: the events after it are heard.
            write_log("event", tier=self._tier, failure=type(error).__name__)

    async def _grant(self, pubsub: "PubSub") -> None:
        while True:
            wish, channel = await self._wishes.get()
            await (pubsub.subscribe(channel) if wish == "subscribe" else pubsub.unsubscribe(channel))

    def _report(self, *, up: bool, failure: str | None = None) -> None:
        """Once per change."""
        if up != self._up:
            self._up = up
            write_log("redis", tier=self._tier, up=up, **({"failure": failure} if failure else {}))
