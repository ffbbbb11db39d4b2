"""HTTP servers in the daemon's loop: one for each control plane, none open to a foreign Host."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import Iterator

import uvicorn
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketClose
from uvicorn.config import WSProtocolType

from infra.localcloud.endpoints import Address

log = logging.getLogger(__name__)

GRACE_SECONDS = 3


class FrontDoor:
    """What every request to a control plane passes first: the Host check, then one line in the log.

    A page of a foreign site whose name comes to resolve to 127.0.0.1 (DNS rebinding) sends that name as Host.
    The log line has method, path and status: no query, header or body, so nothing secret.
    """

    def __init__(self, name: str, address: Address, app: ASGIApp, level: int) -> None:
        self._level = level
        self._name = name
        self._app = app
        self._hosts = frozenset(f"{host}:{address.port}" for host in ("127.0.0.1", "localhost", "[::1]"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        expected = connection.headers.get("host", "").lower() in self._hosts
        if scope["type"] == "websocket":
            await (self._app if expected else WebSocketClose())(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await (self._app if expected else self._misdirected)(scope, receive, watched)
        finally:
            milliseconds = (time.perf_counter() - started) * 1000
            path = connection.url.path.encode("unicode_escape").decode()
            line = (self._name, scope["method"], path, status, milliseconds)
            log.log(self._level, "%s %s %s %d %.0f ms", *line)

    async def _misdirected(self, scope: Scope, receive: Receive, send: Send) -> None:
        hosts = " or ".join(sorted(self._hosts))
        text = f"{self._name} of the local cloud answers to {hosts} only\n"
        await PlainTextResponse(text, 421)(scope, receive, send)


class Listener:
    """One app on one bound socket, on the running loop, with nothing in front of it."""

    def __init__(self, app: ASGIApp, bound: socket.socket, ws: WSProtocolType = "none") -> None:
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            lifespan="off",
            server_header=False,
            ws=ws,
            timeout_graceful_shutdown=GRACE_SECONDS,
        )
        self._server = _Quiet(config)
        self._bound = bound
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Accept connections from now on; those since the socket began to listen are waiting."""
        self._task = asyncio.create_task(self._server.serve([self._bound]))

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            await self._task
        self._bound.close()


class Server(Listener):
    """A control plane behind its front door."""

    def __init__(self, name: str, app: ASGIApp, bound: socket.socket, level: int) -> None:
        host, port = bound.getsockname()[:2]
        super().__init__(FrontDoor(name, Address(host, port), app, level), bound, "websockets-sansio")


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The daemon handles signals, for all its servers."""
        yield
