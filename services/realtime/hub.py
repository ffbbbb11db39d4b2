"""Who is connected, and which events are theirs. Sessions and Redis are behind two small interfaces."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Protocol

from services.common.events import EVERYBODY, channel_of

READY = '{"type":"ready"}'
"""Says: from now on nothing is missed; read again what you show."""


class Listener(Protocol):
    """One connection."""

    @property
    def user(self) -> str: ...
    def send(self, event: str) -> None: ...


class Feed(Protocol):
    """Where events come from."""

    def follow(self, channel: str) -> None: ...
    def leave(self, channel: str) -> None: ...


class Hub:
    def __init__(self) -> None:
        self.feed: Feed | None = None
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._followed: set[str] = set()

    def __iter__(self) -> Iterator[Listener]:
        return iter([listener for group in self._listeners.values() for listener in group])

    def __len__(self) -> int:
        return sum(map(len, self._listeners.values()))

    def count(self, user: str) -> int:
        return len(self._listeners.get(channel_of(user), ()))

    def channels(self) -> list[str]:
        """What the feed has to follow now."""
        return [EVERYBODY, *self._listeners]

    def add(self, listener: Listener) -> None:
        channel = channel_of(listener.user)
        newcomer = channel not in self._listeners
        self._listeners[channel].add(listener)
        if channel in self._followed:
            listener.send(READY)
        elif newcomer and self.feed is not None:
            self.feed.follow(channel)

    def remove(self, listener: Listener) -> None:
        channel = channel_of(listener.user)
        group = self._listeners.get(channel, set())
        group.discard(listener)
        if not group and self._listeners.pop(channel, None) is not None:
            self._followed.discard(channel)
            if self.feed is not None:
                self.feed.leave(channel)

    def followed(self, channel: str) -> None:
        """The feed follows this channel from now on."""
        self._followed.add(channel)
        self._send(self._listeners.get(channel, set()), READY)

    def lost(self) -> None:
        """The feed follows nothing any more."""
        self._followed.clear()

    def deliver(self, channel: str, event: str) -> None:
        self._send(self if channel == EVERYBODY else self._listeners.get(channel, set()), event)

    def _send(self, listeners: "Hub | set[Listener]", event: str) -> None:
        for listener in list(listeners):
            listener.send(event)
