"""Who listens to which channel. Listeners and Redis are behind two small interfaces."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Protocol

from services.common.events import EVERYBODY


class Listener(Protocol):
    """Hears its own channel, and what is for everybody."""

    @property
    def channel(self) -> str: ...
    def followed(self) -> None:
        """From now on nothing on the channel is missed."""
        ...

    def hear(self, channel: str, event: str) -> None: ...


class Feed(Protocol):
    """Where events come from."""

    def follow(self, channel: str) -> None: ...
    def leave(self, channel: str) -> None: ...


class Hub:
    def __init__(self) -> None:
        self.feed: Feed | None = None
        self._listeners: dict[str, set[Listener]] = defaultdict(set)
        self._followed: set[str] = set()

    def channels(self) -> list[str]:
        """What the feed has to follow now."""
        return [EVERYBODY, *self._listeners]

    def add(self, listener: Listener) -> None:
        channel = listener.channel
        newcomer = channel not in self._listeners
        self._listeners[channel].add(listener)
        if channel in self._followed:
            listener.followed()
        elif newcomer and self.feed is not None:
            self.feed.follow(channel)

    def remove(self, listener: Listener) -> None:
        channel = listener.channel
        group = self._listeners.get(channel, set())
        group.discard(listener)
        if not group and self._listeners.pop(channel, None) is not None:
            self._followed.discard(channel)
            if self.feed is not None:
                self.feed.leave(channel)

    def followed(self, channel: str) -> None:
        """The feed follows this channel from now on, unless everybody has left meanwhile."""
        if channel in self._listeners:
            self._followed.add(channel)
            for listener in self._of(channel):
                listener.followed()

    def lost(self) -> None:
        """The feed follows nothing any more."""
        self._followed.clear()

    def deliver(self, channel: str, event: str) -> None:
        for listener in self._everybody() if channel == EVERYBODY else self._of(channel):
            listener.hear(channel, event)

    def _of(self, channel: str) -> Iterable[Listener]:
        return list(self._listeners.get(channel, ()))

    def _everybody(self) -> Iterable[Listener]:
        return [listener for group in self._listeners.values() for listener in group]
