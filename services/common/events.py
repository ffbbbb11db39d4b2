"""Events for the page: what jobs publish on Redis and the realtime service hands to browsers."""

import json
from collections.abc import Mapping
from typing import Any, Protocol

EVERYBODY = "shoreline:events:everybody"
"""The channel of events for all who are connected."""


def channel_of(user: str) -> str:
    """The channel of one person's events."""
    return f"shoreline:events:user:{user}"


def job_event(
    job: str, kind: str, state: str, progress: Mapping[str, int] | None = None, error: str | None = None
) -> str:
    """How a job stands. `progress`: how much is `done`, of what `total`; `error`: for its owner."""
    more = {name: value for name, value in (("progress", progress), ("error", error)) if value}
    return _event("job", id=job, kind=kind, state=state, **more)


def notification_event() -> str:
    """A nudge: there is a new notification, or some were read."""
    return _event("notification")


def digest_event(refreshed: int) -> str:
    return _event("digest", refreshed=refreshed)


def _event(type_: str, **values: Any) -> str:
    return json.dumps({"type": type_, **values}, separators=(",", ":"))


class Publisher(Protocol):
    """Sends an event to those who listen now; nobody keeps it."""

    async def publish(self, channel: str, event: str) -> None: ...
