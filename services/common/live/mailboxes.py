"""Each person's notifications, read from the database for all of their connections to this process."""

import asyncio
import json
from collections.abc import Sequence
from typing import Protocol

from services.common.events import channel_of
from services.common.hrana import Database, DatabaseFailure, Row
from services.common.live.hub import Hub
from services.common.notifications import AT_ONCE, read_on
from services.common.tasks import end

RETRY_SECONDS = 1.0


class Reader(Protocol):
    """One connection."""

    seen: int | None
    """The id of the last one it has; None: nothing from before it came."""

    def deliver(self, notifications: Sequence[Row], unread: int) -> None: ...


class Mailboxes:
    def __init__(self, database: Database, hub: Hub) -> None:
        self._database, self._hub = database, hub
        self._boxes: dict[str, Mailbox] = {}

    def open(self, user: str, reader: Reader) -> None:
        """The reader gets what it has not seen, and what comes."""
        box = self._boxes.get(user)
        if box is None:
            box = self._boxes[user] = Mailbox(user, self._database)
            box.readers.add(reader)
            self._hub.add(box)
        else:
            box.readers.add(reader)
        box.look()

    async def close(self, user: str, reader: Reader) -> None:
        box = self._boxes.get(user)
        if box is not None:
            box.readers.discard(reader)
            if not box.readers:
                del self._boxes[user]
                self._hub.remove(box)
                await box.stop()


class Mailbox:
    """One person's: a listener of the hub."""

    def __init__(self, user: str, database: Database) -> None:
        self.channel = channel_of(user)
        self.readers: set[Reader] = set()
        self._user, self._database = user, database
        self._wanted = False
        self._looking: asyncio.Task[None] | None = None

    def followed(self) -> None:
        """Something may have been missed."""
        self.look()

    def hear(self, channel: str, event: str) -> None:
        if channel == self.channel and _is_nudge(event):
            self.look()

    def look(self) -> None:
        self._wanted = True
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look())

    async def stop(self) -> None:
        if self._looking is not None:
            await end(self._looking)

    async def _look(self) -> None:
        """Until there is nothing new."""
        while self._wanted:
            self._wanted = False
            try:
                await self._read_on()
            except DatabaseFailure:
                self._wanted = True
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_on(self) -> None:
        readers = tuple(self.readers)
        since = min((each.seen for each in readers if each.seen is not None), default=None)
        # Who has seen nothing yet is told how many are unread, not which.
        standing = await read_on(self._database, self._user, -1 if since is None else since)
        for reader in readers:
            # Ids go back where the database was restored: what comes then is new again.
            if reader.seen is None or reader.seen > standing.last:
                reader.seen = standing.last
                reader.deliver([], standing.unread)
                continue
            new = [row for row in standing.new if int(row["id"] or 0) > reader.seen]
            reader.seen = max([reader.seen, *(int(row["id"] or 0) for row in new)])
            reader.deliver(new, standing.unread)
        if since is not None and len(standing.new) == AT_ONCE:
            self._wanted = True


def _is_nudge(event: str) -> bool:
    told = json.loads(event)
    return bool(told["type"] == "notification" or (told["type"] == "job" and told["state"] == "done"))
