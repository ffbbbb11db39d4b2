"""The server: upgrades in, sessions out, and an orderly end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from picows import (
    WSCloseCode,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from services.common.log import write_log
from services.common.problem import CONTENT_TYPE, Problem
from services.common.request_id import request_id
from services.common.tasks import end
from services.realtime.doorway import PATH, Asked, Healthy, decide
from services.realtime.hub import Hub
from services.realtime.limits import Limits
from services.realtime.session import Session
from services.settings import Settings

TIER = "realtime"
HEARTBEAT = '{"type":"heartbeat"}'


class Realtime:
    """Sessions of one process."""

    def __init__(
        self, settings: Settings, hub: Hub, limits: Limits, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings, self._hub, self._limits, self._clock = settings, hub, limits, clock

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Server]:
        """Listens during the block; at its end every client is told to come back, and waited for."""
        server = await ws_create_server(
            self._receive,
            "127.0.0.1",
            self._settings.realtime_port,
            enable_auto_ping=True,
            auto_ping_idle_timeout=self._limits.heartbeat_seconds,
            auto_ping_reply_timeout=self._limits.heartbeat_seconds,
            max_frame_size=self._limits.message_bytes,
        )
        beating = asyncio.create_task(self._beat())
        try:
            yield server
        finally:
            await end(beating)
            server.close()
            await self._drain()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds)
            for session in self._hub:
                session.send(HEARTBEAT)

    async def _drain(self) -> None:
        sessions = [session for session in self._hub if isinstance(session, Session)]
        for session in sessions:
            session.close(WSCloseCode.SERVICE_RESTART, "the service restarts")
        if sessions:
            endings = [asyncio.create_task(session.ended.wait()) for session in sessions]
            await asyncio.wait(endings, timeout=self._limits.drain_seconds)

    def _receive(self, request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        asked = Asked(request.method.decode("latin-1"), request.path.decode("latin-1"), request.headers)
        asked_id = request_id(asked.header("x-request-id"))
        signed_off = {
            "x-request-id": asked_id,
            "x-served-by": TIER,
            "x-release": self._settings.release,
            "cache-control": "no-store",
        }
        try:
            identity = decide(asked, self._settings.edge_key, self._clock())
            if self._hub.count(identity.user) >= self._limits.connections_of_one_person:
                raise Problem(429, "There are too many connections of yours.", {"retry-after": "30"})
        except Healthy:
            body = json.dumps({"release": self._settings.release}).encode()
            headers = {**signed_off, "content-type": "application/json"}
            return WSUpgradeResponseWithListener(WSUpgradeResponse.create_ok_response(body, headers), None)
        except Problem as problem:
            self._log(asked, asked_id, problem.status)
            headers = {**signed_off, **problem.headers, "content-type": CONTENT_TYPE}
            refusal = WSUpgradeResponse.create_error_response(
                problem.status, problem.document(asked_id), headers
            )
            return WSUpgradeResponseWithListener(refusal, None)
        self._log(asked, asked_id, 101)
        session = Session(identity, asked_id, self._hub, self._limits)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(signed_off), session)

    def _log(self, asked: Asked, asked_id: str, status: int) -> None:
        line = {"id": asked_id, "tier": TIER, "server": self._settings.server_name, "method": asked.method}
        write_log("request", **line, route=f"GET {PATH}", status=status)
