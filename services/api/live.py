"""The api's end of what is told as it happens: it listens for those who stream, and tells what it changes."""

import asyncio

from services.common.hrana import Database
from services.common.live.feed import RedisFeed
from services.common.live.hub import Hub
from services.common.live.mailboxes import Mailboxes
from services.common.live.publisher import RedisPublisher
from services.common.live.sessions import Guest, Sessions
from services.common.tasks import end


class Live:
    def __init__(self, redis_url: str, database: Database) -> None:
        hub = Hub()
        hub.feed = self._feed = RedisFeed(redis_url, hub, "api")
        self.mailboxes = Mailboxes(database, hub)
        self.publisher = RedisPublisher(redis_url)
        self.stopping = asyncio.Event()
        """Set when every stream has to end."""
        self._streams: dict[str, set[Guest]] = {}
        """By user."""
        self._sessions = Sessions(self._open, database, "api")
        hub.add(self._sessions)

    def count(self, user: str) -> int:
        """How many streams somebody has open."""
        return len(self._streams.get(user, ()))

    def add(self, stream: Guest) -> None:
        self._streams.setdefault(stream.identity.user, set()).add(stream)
        self._sessions.check([stream])

    def remove(self, stream: Guest) -> None:
        of_user = self._streams[stream.identity.user]
        of_user.discard(stream)
        if not of_user:
            del self._streams[stream.identity.user]

    def _open(self) -> list[Guest]:
        return [stream for of_user in self._streams.values() for stream in of_user]

    async def run(self) -> None:
        """Until cancelled."""
        tasks = [asyncio.create_task(work) for work in (self._feed.run(), self.publisher.run())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                await end(task)
