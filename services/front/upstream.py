"""The way to a service: signed for who asks, with a deadline, and what its answer means.

The edge's twin: services/edge/src/forward.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from yarl import URL

from services.common.identity import Identity
from services.common.problem import Problem
from services.common.signature import IDENTITY_HEADER, SIGNATURE_HEADER, sign

if TYPE_CHECKING:
    from multidict import CIMultiDict

DEADLINE_SECONDS = 10.0
"""From sending a request to the head of its answer; what follows may stream as long as it likes."""
STREAM_DEADLINE_SECONDS = 300.0
"""The same for a request whose body streams through."""
SHORT_BODY_BYTES = 64 * 1024

_RETRY = {"retry-after": "5"}


@dataclass(eq=False)
class UpstreamFailure(Exception):
    """`message` is for the log, the problem for the client."""

    message: str
    problem: Problem


def unreachable(message: str) -> UpstreamFailure:
    return UpstreamFailure(message, Problem(503, "The server can't be reached. Try again shortly.", _RETRY))


def late(seconds: float) -> UpstreamFailure:
    message = f"no answer in {seconds:g} s"
    return UpstreamFailure(message, Problem(504, "The server took too long to answer.", _RETRY))


def unexpected(message: str) -> UpstreamFailure:
    return UpstreamFailure(message, Problem(502, "The server gave an answer that makes no sense."))


@dataclass(frozen=True)
class Asked:
    """One request, as a service gets it: `target` is path and query as sent."""

    method: str
    target: str
    identity: Identity | None
    request_id: str
    headers: "CIMultiDict[str]"


class Upstream:
    """One service on this server's loopback. Every call raises UpstreamFailure."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        authority: str,
        key: bytes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._session, self._authority, self._key, self._clock = session, authority, key, clock

    async def ask(self, asked: Asked, body: aiohttp.StreamReader | None) -> aiohttp.ClientResponse:
        """The head of the service's answer, its body yet to be read."""
        length = int(asked.headers.get("content-length", SHORT_BODY_BYTES + 1))
        short = body is None or length <= SHORT_BODY_BYTES
        deadline = DEADLINE_SECONDS if short else STREAM_DEADLINE_SECONDS
        try:
            async with asyncio.timeout(deadline):
                response = await self._session.request(
                    asked.method,
                    self._url("http", asked),
                    headers=self._sealed(asked),
                    data=body,
                    # Following one would carry the signature to another target.
                    allow_redirects=False,
                )
        except TimeoutError:
            raise late(deadline) from None
        except aiohttp.ClientError as error:
            raise unreachable(f"{type(error).__name__}: {error}") from None
        if "x-served-by" not in response.headers or "shoreline-refused" in response.headers:
            response.close()
            raise unexpected(
                f"HTTP {response.status}, not from a service of ours, or it refuses the signature"
            )
        return response

    async def connect(self, asked: Asked, most_bytes: int) -> aiohttp.ClientWebSocketResponse:
        """A WebSocket. Raises aiohttp.WSServerHandshakeError where the service refuses it."""
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                return await self._session.ws_connect(
                    self._url("ws", asked), headers=self._sealed(asked), max_msg_size=most_bytes
                )
        except TimeoutError:
            raise late(DEADLINE_SECONDS) from None
        except aiohttp.WSServerHandshakeError:
            raise
        except aiohttp.ClientError as error:
            raise unreachable(f"{type(error).__name__}: {error}") from None

    def _url(self, scheme: str, asked: Asked) -> URL:
        # Encoded: another spelling of the target would not fit the signature.
        return URL(f"{scheme}://{self._authority}{asked.target}", encoded=True)

    def _sealed(self, asked: Asked) -> "CIMultiDict[str]":
        identity = "" if asked.identity is None else asked.identity.header()
        headers = asked.headers.copy()
        headers["x-request-id"] = asked.request_id
        headers[SIGNATURE_HEADER] = sign(self._key, int(self._clock()), asked.method, asked.target, identity)
        if identity:
            headers[IDENTITY_HEADER] = identity
        return headers
