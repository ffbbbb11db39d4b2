"""Rooms of the same note in other processes: told over Redis that there is something new, and who is present.

Edits themselves go through the store only. What Redis loses costs time: rooms look at the store now and then.
"""

import asyncio
import base64
import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from services.common.events import channel_of, notification_event
from services.realtime import protocol
from services.realtime.protocol import Awareness, Presence

if TYPE_CHECKING:
    from services.common.live.publisher import Publisher
    from services.realtime.room import Room

TOGETHER_SECONDS = 0.05
"""What happens within it is told at once."""
SILENT_SECONDS = 45.0
"""Yjs clients tell of themselves every 15 s."""


def channel_of_note(note: str) -> str:
    return f"shoreline:note:{note}"


class Neighbourhood:
    """This process's end."""

    def __init__(self, publisher: "Publisher", process: str) -> None:
        self._publisher, self._process = publisher, process
        self._written: set[str] = set()
        self._present: dict[str, dict[int, Presence]] = {}
        self._telling: asyncio.TimerHandle | None = None

    def tell_written(self, note: str) -> None:
        self._written.add(note)
        self._tell_soon()

    def nudge(self, users: Iterable[str]) -> None:
        for user in users:
            self._publisher.publish_soon(channel_of(user), notification_event())

    def tell_presence(self, note: str, presences: Sequence[Presence]) -> None:
        self._present.setdefault(note, {}).update({each.client: each for each in presences})
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TOGETHER_SECONDS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        written, self._written = self._written, set()
        present, self._present = self._present, {}
        for note in written | present.keys():
            event: dict[str, Any] = {"process": self._process, "written": note in written}
            if note in present:
                message = protocol.awareness(list(present[note].values()))
                event["presence"] = base64.b64encode(message).decode()
            self._publisher.publish_soon(channel_of_note(note), json.dumps(event))

    def listener(self, room: "Room") -> "Neighbour":
        return Neighbour(room, self._process)


class Neighbour:
    """What a room hears of others: a listener of the hub."""

    def __init__(self, room: "Room", process: str) -> None:
        self.channel = channel_of_note(room.note)
        self._room, self._process = room, process
        self._others: set[str] = set()

    def followed(self) -> None:
        self._room.look()

    def hear(self, channel: str, event: str) -> None:
        if channel != self.channel:
            return
        told = json.loads(event)
        if (process := str(told["process"])) == self._process:
            return
        self._others.add(process)
        if told["written"]:
            self._room.look()
        if "presence" in told:
            message = protocol.decode(base64.b64decode(told["presence"]))
            assert isinstance(message, Awareness)
            self._room.hear_presence(process, message.presences)

    def look(self) -> None:
        """For what nobody told of."""
        self._room.look()
        for process in self._others:
            self._room.forget_silent(process, SILENT_SECONDS)
