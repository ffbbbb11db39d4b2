"""Events for the page: what jobs publish on Redis and the realtime service hands to browsers."""

import json
from typing import Any, Protocol

EVERYBODY = "shoreline:events:everybody"
"""The channel of events for all who are connected."""


def channel_of(user: str) -> str:
    """The channel of one person's events."""
    return f"shoreline:events:user:{user}"


def export_event(export: str, state: str) -> str:
    return _event("export", id=export, state=state)


def digest_event(refreshed: int) -> str:
    return _event("digest", refreshed=refreshed)


def _event(kind: str, **values: Any) -> str:
    return json.dumps({"type": kind, **values}, separators=(",", ":"))


class Publisher(Protocol):
    """Sends an event to those who listen now; nobody keeps it."""

    async def publish(self, channel: str, event: str) -> None: ...
