"""ASGI middleware: only what the edge has signed comes in, and who is asking is what it vouches for."""

import time
from collections.abc import Callable, Sequence

from starlette.types import ASGIApp, Receive, Scope, Send

from services.common.identity import Identity
from services.common.problem import unsigned
from services.common.signature import IDENTITY_HEADER, SIGNATURE_HEADER, is_valid

HEALTH = "/healthz"
"""The only target that answers GET without a signature: for the check on the host itself."""


class FrontDoor:
    """Puts the Identity, or None, into the request's state; raises Problem 401 on anything unsigned."""

    def __init__(self, app: ASGIApp, keys: Sequence[bytes], clock: Callable[[], float] = time.time) -> None:
        self._app, self._keys, self._clock = app, keys, clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            method, target = scope["method"], target_of(scope)
            if not is_health_check(method, target):
                scope.setdefault("state", {})["identity"] = self._admit(scope, method, target)
        await self._app(scope, receive, send)

    def _admit(self, scope: Scope, method: str, target: str) -> Identity | None:
        signature, identity = _header(scope, SIGNATURE_HEADER), _header(scope, IDENTITY_HEADER)
        return admit(self._keys, self._clock(), signature, identity, method, target)


def is_health_check(method: str, target: str) -> bool:
    return method == "GET" and target == HEALTH


def admit(
    keys: Sequence[bytes],
    now: float,
    signature: str | None,
    identity: str | None,
    method: str,
    target: str,
) -> Identity | None:
    """Who is asking. Raises Problem 401 unless the edge signed exactly this."""
    vouched = identity or ""
    if not is_valid(keys, now, header=signature, method=method, target=target, identity=vouched):
        raise unsigned()
    try:
        return Identity.from_header(vouched)
    except ValueError:
        raise unsigned() from None


def target_of(scope: Scope) -> str:
    """Path and query as they were sent."""
    query: bytes = scope["query_string"]
    raw: bytes = scope["raw_path"] + (b"?" + query if query else b"")
    return raw.decode("latin-1")


def _header(scope: Scope, name: str) -> str | None:
    """Given more than once, it is one value that no signature fits."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()]
    return ", ".join(values) if values else None
