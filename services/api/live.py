"""The api's end of what is told as it happens: it listens for those who stream, and tells what it changes."""

import asyncio

from services.common.hrana import Database
from services.common.live.feed import RedisFeed
from services.common.live.hub import Hub
from services.common.live.mailboxes import Mailboxes
from services.common.live.publisher import RedisPublisher
from services.common.tasks import end


class Live:
    def __init__(self, redis_url: str, database: Database) -> None:
        hub = Hub()
        hub.feed = self._feed = RedisFeed(redis_url, hub, "api")
        self.mailboxes = Mailboxes(database, hub)
        self.publisher = RedisPublisher(redis_url)
        self.stopping = asyncio.Event()
        """Set when every stream has to end."""
        self.streams: dict[str, int] = {}
        """How many somebody has open."""

    async def run(self) -> None:
        """Until cancelled."""
        tasks = [asyncio.create_task(work) for work in (self._feed.run(), self.publisher.run())]
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                await end(task)
