"""Times and limits of a connection, in this process: a service with other limits than the real one's."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from services.common.hrana import Database
from services.common.identity import Identity
from services.common.live.hub import Hub
from services.common.live.mailboxes import Mailboxes
from services.common.signature import sign
from services.realtime.connections import Connections
from services.realtime.limits import Limits
from services.realtime.rooms import Rooms
from services.realtime.server import Realtime
from services.realtime.session import Session
from services.realtime.store import NoteStore
from services.settings import RealtimeSettings, load
from tests.support.realtime import TARGET
from tests.support.realtime import Realtime as Process

ADA = Identity(user="ada", name="Ada")
NOW = 1_795_478_604


class NoNeighbours:
    def publish_soon(self, channel: str, event: str) -> None:
        """Nobody is there to hear it."""


@pytest.fixture(scope="module")
def settings(realtime: Process) -> RealtimeSettings:
    return load(RealtimeSettings, realtime.variables)


@asynccontextmanager
async def closing(database: Database) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await database.close()


@asynccontextmanager
async def connected(
    settings: RealtimeSettings,
    connections: Connections,
    *,
    clock: float = NOW,
    target: str = TARGET,
    **options: Any,
) -> AsyncIterator[ClientConnection]:
    hub, database = Hub(), Database(settings)
    rooms = Rooms(NoteStore(database), connections, hub, NoNeighbours())
    async with (
        closing(database),
        Realtime(
            settings, connections, hub, rooms, Mailboxes(database, hub), lambda: clock
        ).serving() as server,
    ):
        port = server.sockets[0].getsockname()[1]
        vouched = ADA.header()
        signature = sign(settings.edge_keys[0], NOW, "GET", target, vouched)
        headers = {"shoreline-edge": signature, "shoreline-identity": vouched}
        url = f"ws://127.0.0.1:{port}{target}"
        async with connect(
            url, additional_headers=headers, proxy=None, compression=None, **options
        ) as socket:
            yield socket


async def test_a_heartbeat_is_heard_again_and_again(settings: RealtimeSettings) -> None:
    async with connected(settings, Connections(Limits(heartbeat_seconds=0.05))) as socket:
        heard = [json.loads(await socket.recv()) for _ in range(5)]
        assert heard.count({"type": "heartbeat"}) >= 3


async def test_a_connection_ends_with_the_lifetime_of_a_token(settings: RealtimeSettings) -> None:
    async with connected(settings, Connections(Limits(lifetime_seconds=0.05))) as socket:
        with pytest.raises(ConnectionClosed) as ending:
            await read_to_the_end(socket)
    assert ending.value.rcvd is not None
    assert ending.value.rcvd.code == 1001


async def read_to_the_end(socket: ClientConnection) -> None:
    while True:
        await socket.recv()


async def test_a_client_that_does_not_read_is_let_go(settings: RealtimeSettings) -> None:
    connections = Connections(Limits(unread_bytes=100_000))
    async with connected(settings, connections, max_queue=1) as socket:
        socket.transport.pause_reading()
        deadline = time.monotonic() + 20
        while len(connections):
            assert time.monotonic() < deadline
            for session in connections:
                assert isinstance(session, Session)
                session.send("x" * 50_000)
            await asyncio.sleep(0)
        socket.transport.abort()


async def test_a_client_that_answers_no_ping_is_let_go(settings: RealtimeSettings) -> None:
    connections = Connections(Limits(heartbeat_seconds=0.1))
    async with connected(settings, connections) as socket:
        socket.transport.pause_reading()
        [session] = connections
        async with asyncio.timeout(10):
            await session.ended.wait()
        socket.transport.abort()


@pytest.mark.parametrize("clock", [NOW + 31, NOW - 31])
async def test_the_signature_is_held_against_the_clock(settings: RealtimeSettings, clock: float) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        async with connected(settings, Connections(Limits()), clock=clock):
            pass
    assert refusal.value.response.status_code == 401
