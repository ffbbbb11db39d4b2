"""Who may come in, and where to: decides about an upgrade request before it is one. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs

from multidict import CIMultiDict

from services.common.front_door import admit, is_health_check
from services.common.identity import Identity
from services.common.problem import Problem
from services.common.signature import IDENTITY_HEADER, SIGNATURE_HEADER

EVENTS = "/api/realtime"
_ID = re.compile(r"[0-9]{1,15}")
NOTE = re.compile(r"/api/realtime/notes/([0-9a-f-]{36})")


@dataclass(frozen=True)
class Asked:
    """One request: `target` is path and query as sent."""

    method: str
    target: str
    headers: CIMultiDict[str]

    @property
    def path(self) -> str:
        return self.target.partition("?")[0]

    @property
    def route(self) -> str:
        """The pattern of the path, for the log; never the path itself."""
        return "/api/realtime/notes/{id}" if self.note is not None else EVENTS

    @property
    def note(self) -> str | None:
        """The note that it asks for."""
        named = NOTE.fullmatch(self.path)
        return named[1] if named else None

    @property
    def seen(self) -> int | None:
        """The last notification that the client has."""
        given = parse_qs(self.target.partition("?")[2]).get("after", [""])[0]
        return int(given) if _ID.fullmatch(given) else None

    def header(self, name: str) -> str | None:
        """Given more than once, it is one value that no signature fits."""
        values = self.headers.getall(name, [])
        return ", ".join(values) if values else None


class Healthy(Exception):
    """The request is the health check of the host."""


def decide(asked: Asked, keys: Sequence[bytes], now: float) -> Identity:
    """Who comes in. Raises Healthy, or Problem 401, 404 or 426."""
    if is_health_check(asked.method, asked.target):
        raise Healthy
    signature, vouched = asked.header(SIGNATURE_HEADER), asked.header(IDENTITY_HEADER)
    identity = admit(keys, now, signature, vouched, asked.method, asked.target)
    if asked.path != EVENTS and asked.note is None:
        raise Problem(404, "There is nothing at this path.")
    if (asked.header("upgrade") or "").lower() != "websocket":
        raise Problem(426, "This path speaks WebSocket only.", {"upgrade": "websocket"})
    if identity is None:
        raise Problem(401, "Sign in first.")
    return identity
