"""WebSockets: through a tunnel and ended in a Worker, with their close codes, across deployments."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from tests.localcloud.cloudflare.local import Local
from tests.localcloud.cloudflare.tunnel import (
    DEADLINE,
    HOST,
    PROXY,
    Origin,
    connected,
    origin,
    whole,
)

ENDS = """export default { fetch(request) {
  if (request.headers.get("upgrade") !== "websocket") return new Response("NAME");
  const [client, server] = Object.values(new WebSocketPair());
  server.accept();
  server.binaryType = "arraybuffer";
  server.addEventListener("message", ({ data }) => {
    if (data === "close") server.close(4002, "from the Worker");
    else if (data === "name") server.send("NAME");
    else server.send(data);
  });
  return new Response(null, { status: 101, webSocket: client }) } }"""
"""A Worker that ends the connection itself."""

MIB = 1024 * 1024


@pytest.fixture
async def behind() -> AsyncIterator[Origin]:
    async with origin() as own:
        yield own


@pytest.fixture
async def tunnel(local: Local, behind: Origin) -> AsyncIterator[str]:
    await local.live(PROXY)
    own = await whole(local, behind.address.port)
    async with connected(local, own):
        yield own


def dial(
    local: Local, host: str = "localhost:8700", query: str = "", protocols: tuple[str, ...] = ()
) -> connect:
    edge = local.vendor.edge
    return connect(
        f"ws://{host}/api/realtime{query}",
        host=edge.host,
        port=edge.port,
        max_size=None,
        proxy=None,
        open_timeout=DEADLINE,
        subprotocols=[Subprotocol(each) for each in protocols] or None,
    )


async def closed(websocket: ClientConnection) -> tuple[int, str]:
    """How the other side closed it."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(DEADLINE):
            async for _ in websocket:
                pass
    return websocket.close_code or 0, websocket.close_reason or ""


@pytest.mark.parametrize("host", ["localhost:8700", f"{HOST}:8700"])
async def test_messages_pass_through_a_tunnel_both_ways(
    local: Local, behind: Origin, tunnel: str, host: str
) -> None:
    async with dial(local, host, protocols=("a", "b")) as websocket:
        assert websocket.subprotocol == "b"
        assert await behind.messages.get() == (HOST if host.startswith("localhost") else host)
        for message in ("", "text ü", b"\x00\xff", "x" * 100_000):
            await websocket.send(message)
            assert await websocket.recv() == message
        await asyncio.wait_for(await websocket.ping(), DEADLINE)


async def test_close_codes_pass_through_a_tunnel_both_ways(local: Local, behind: Origin, tunnel: str) -> None:
    async with dial(local) as websocket:
        await websocket.send("close")
        assert await closed(websocket) == (4001, "from the origin")
    async with dial(local) as websocket:
        await websocket.close(4003, "from the visitor")
        assert await asyncio.wait_for(behind.closes.get(), DEADLINE) == (4003, "from the visitor")


async def test_a_visitor_who_is_cut_off_is_seen_to_leave(local: Local, behind: Origin, tunnel: str) -> None:
    websocket = await dial(local)
    websocket.transport.abort()
    code, _ = await asyncio.wait_for(behind.closes.get(), DEADLINE)
    assert code in (1005, 1006)


async def test_an_origin_that_dies_cuts_the_visitor_off(local: Local) -> None:
    await local.live(PROXY)
    async with origin() as short:
        tunnel = await whole(local, short.address.port)
        async with connected(local, tunnel):
            websocket = await dial(local)
            await short.messages.get()
    assert (await closed(websocket))[0] in (1006, 1012)


async def test_a_refused_handshake_keeps_its_status(local: Local, tunnel: str) -> None:
    with pytest.raises(InvalidStatus) as refusal:
        await dial(local, query="?refuse")
    assert refusal.value.response.status_code == 403


async def test_a_worker_ends_a_websocket_itself(local: Local) -> None:
    await local.live(ENDS)
    async with dial(local) as websocket:
        for message in ("text", b"\x00\xff"):
            await websocket.send(message)
            assert await websocket.recv() == message
        await websocket.send("close")
        assert await closed(websocket) == (4002, "from the Worker")


async def test_a_deployment_cuts_no_open_websocket(local: Local, behind: Origin, tunnel: str) -> None:
    """Neither one that the old version ended itself nor one that it passed on."""
    worker = await local.live(ENDS.replace("NAME", "old"), "own", "www.localhost")
    edge = (await local.result("GET", "/A/workers/workers/edge"))["id"]
    own, passed = await dial(local, "www.localhost"), await dial(local)
    for _ in range(3):
        await local.deploy("own", await local.version(worker, ENDS.replace("NAME", "new")))
        await local.deploy("edge", await local.version(edge, PROXY + "\n"))
    for websocket, message, answer in ((own, "name", "old"), (passed, "still here", "still here")):
        await websocket.send(message)
        assert await websocket.recv() == answer
        await websocket.close()
    async with dial(local, "www.localhost") as fresh:
        await fresh.send("name")
        assert await fresh.recv() == "new"


async def test_too_big_a_message_is_closed_with_1009(local: Local) -> None:
    """By a Worker that ends it; through a tunnel, messages pass unread: their size is the origin's matter."""
    await local.live(ENDS)
    async with dial(local) as websocket:
        with contextlib.suppress(ConnectionClosed):
            await websocket.send(b"x" * (32 * MIB + 1))
        assert (await closed(websocket))[0] == 1009


@pytest.mark.parametrize("size", [MIB, 31 * MIB])
async def test_a_message_below_the_limit_passes(local: Local, tunnel: str, size: int) -> None:
    await local.live(ENDS, "own", "www.localhost")
    for host in ("localhost", "www.localhost"):
        async with dial(local, host) as websocket:
            await websocket.send(b"x" * size)
            assert len(await websocket.recv()) == size
