"""The server: upgrades in, connections out, and an orderly end."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from picows import (
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

from services.common.identity import Identity
from services.common.live.hub import Hub
from services.common.live.mailboxes import Mailboxes
from services.common.log import write_log
from services.common.problem import CONTENT_TYPE, Problem
from services.common.request_id import request_id
from services.common.tasks import end
from services.realtime import codes
from services.realtime.connection import Connection, Refused
from services.realtime.connections import Connections
from services.realtime.doorway import Asked, Healthy, decide
from services.realtime.rooms import Rooms
from services.realtime.seat import Seat
from services.realtime.session import Session
from services.settings import RealtimeSettings

TIER = "realtime"


class Realtime:
    """The connections of one process."""

    def __init__(
        self,
        settings: RealtimeSettings,
        connections: Connections,
        hub: Hub,
        rooms: Rooms,
        mailboxes: Mailboxes,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings, self._connections, self._hub, self._rooms = settings, connections, hub, rooms
        self._mailboxes = mailboxes
        self._limits, self._clock = connections.limits, clock

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[asyncio.Server]:
        """Listens during the block; at its end every client is told to come back, and waited for."""
        server = await ws_create_server(
            self._receive,
            sock=self._settings.realtime_listen.socket(),
            # A connection does it: pings count as messages.
            enable_auto_pong=False,
            enable_auto_ping=True,
            auto_ping_idle_timeout=self._limits.heartbeat_seconds,
            auto_ping_reply_timeout=self._limits.heartbeat_seconds,
            max_frame_size=self._limits.note_message_bytes,
        )
        working = [asyncio.create_task(work) for work in (self._beat(), self._rooms.look_around())]
        try:
            yield server
        finally:
            for each in working:
                await end(each)
            server.close()
            # What has come is made durable and acknowledged, before anybody is sent away.
            await self._rooms.settle()
            await self._drain()
            await self._rooms.stop()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._limits.heartbeat_seconds)
            self._tell_that_it_is_there()

    def _tell_that_it_is_there(self) -> None:
        # Not in the loop that waits: its last connection would be held until there is another.
        for connection in self._connections:
            connection.heartbeat()

    async def _drain(self) -> None:
        connections = list(self._connections)
        for connection in connections:
            connection.close(codes.RESTART, "the service restarts")
        if connections:
            endings = [asyncio.create_task(connection.ended.wait()) for connection in connections]
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
            identity = decide(asked, self._settings.edge_keys, self._clock())
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
        connection = self._connection(asked, identity, asked_id)
        return WSUpgradeResponseWithListener(WSUpgradeResponse.create_101_response(signed_off), connection)

    def _connection(self, asked: Asked, identity: Identity, asked_id: str) -> Connection | Refused:
        if self._connections.is_full_for(identity.user):
            return Refused("you have too many connections")
        if asked.note is None:
            about = (identity, asked_id, self._connections)
            return Session(*about, self._hub, self._mailboxes, asked.seen)
        return Seat(identity, asked_id, self._connections, self._rooms, asked.note)

    def _log(self, asked: Asked, asked_id: str, status: int) -> None:
        line = {"id": asked_id, "tier": TIER, "server": self._settings.server_name, "method": asked.method}
        write_log("request", **line, route=f"GET {asked.route}", status=status)
