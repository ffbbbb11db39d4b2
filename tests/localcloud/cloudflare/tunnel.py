"""A tunnel of the local Cloudflare, its connector, and a small origin behind it, on the test's own loop."""

import asyncio
import contextlib
import json
import secrets
import socket
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.localcloud.endpoints import Address
from tests.localcloud.cloudflare.local import Local

HOST = "vps-1.localhost"
PROXY = f"""export default {{ async fetch(request) {{
  const url = new URL(request.url);
  return fetch(new Request("https://{HOST}" + url.pathname + url.search, request)) }} }}"""
"""A Worker that passes everything on, as the front door does."""
DEADLINE = 15.0


@dataclass
class Origin:
    """What the origin saw, and the test's hold on its slow answers."""

    address: Address
    go_on: asyncio.Event = field(default_factory=asyncio.Event)
    pieces: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    closes: asyncio.Queue[tuple[int, str]] = field(default_factory=asyncio.Queue)
    messages: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def echo(self, request: Request) -> Response:
        body = await request.body()
        document = {
            "method": request.method,
            "host": request.headers["host"],
            "target": f"{request.scope['raw_path'].decode()}?{request.scope['query_string'].decode()}",
            "headers": dict(request.headers),
            "body": body.decode("utf-8", "replace"),
            "size": len(body),
        }
        return JSONResponse(document, 201, {"x-origin": "yes"})

    async def events(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            yield "data: first\n\n"
            await self.go_on.wait()
            yield "data: last\n\n"

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def ticks(self, _: Request) -> Response:
        async def stream() -> AsyncIterator[str]:
            try:
                while not self.go_on.is_set():
                    yield ": tick\n\n"
                    await asyncio.sleep(0.01)
            finally:
                self.gone.set()

        return StreamingResponse(stream(), media_type="text/event-stream")

    async def upload(self, request: Request) -> Response:
        size = 0
        async for piece in request.stream():
            size += len(piece)
            if piece:
                self.pieces.put_nowait(piece)
        return JSONResponse({"size": size})

    async def away(self, _: Request) -> Response:
        return RedirectResponse("https://example.com/elsewhere", 302)

    async def packed(self, _: Request) -> Response:
        return Response(PACKED, headers={"content-encoding": "gzip", "content-type": "text/plain"})

    async def talk(self, websocket: WebSocket) -> None:
        """Echoes; `close` makes it close with 4001, what the client closes with is kept."""
        if "refuse" in websocket.query_params:
            await websocket.close()
            return
        offered = websocket.scope["subprotocols"]
        await websocket.accept(subprotocol=offered[-1] if offered else None)
        self.messages.put_nowait(websocket.headers["host"])
        try:
            while True:
                message = await websocket.receive()
                if message["type"] == "websocket.disconnect":
                    raise WebSocketDisconnect(message["code"], message.get("reason"))
                if message.get("text") == "close":
                    await websocket.close(4001, "from the origin")
                    return
                await websocket.send(
                    {"type": "websocket.send", "text": message.get("text"), "bytes": message.get("bytes")}
                )
        except WebSocketDisconnect as closed:
            self.closes.put_nowait((int(closed.code), closed.reason))


PACKED = bytes.fromhex("1f8b0800000000000003cb48cdc9c95728cf2fca49010085114a0d0b000000")
"""`hello world` by gzip."""


@contextlib.asynccontextmanager
async def origin() -> AsyncIterator[Origin]:
    """Runs until the block ends; what is open then is cut."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        own = Origin(Address("127.0.0.1", listening.getsockname()[1]))
        routes = [
            Route("/events", own.events),
            Route("/ticks", own.ticks),
            Route("/upload", own.upload, methods=["POST"]),
            Route("/away", own.away),
            Route("/packed", own.packed),
            WebSocketRoute("/api/realtime", own.talk),
            Route("/{path:path}", own.echo, methods=["GET", "POST", "PUT", "PATCH", "DELETE"]),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes),
            lifespan="off",
            log_level="critical",
            ws_max_size=64 * 1024 * 1024,
            timeout_graceful_shutdown=0,
        )
        server = uvicorn.Server(config)
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            yield own
        finally:
            own.go_on.set()
            server.should_exit = True
            await task


def secret() -> str:
    return b64encode(secrets.token_bytes(32)).decode()


async def make_tunnel(local: Local, name: str = "vps-1") -> str:
    """Its id."""
    body = {"name": name, "config_src": "cloudflare", "tunnel_secret": secret()}
    return str((await local.result("POST", "/A/cfd_tunnel", body))["id"])


async def configure(local: Local, tunnel: str, *rules: dict[str, str]) -> Any:
    """These rules and the one that catches the rest."""
    ingress = [*rules, {"service": "http_status:404"}]
    body = {"config": {"ingress": ingress}}
    return await local.result("PUT", f"/A/cfd_tunnel/{tunnel}/configurations", body)


async def point(local: Local, tunnel: str, host: str = HOST, *, proxied: bool = True) -> str:
    """The id of the DNS record that leads `host` into the tunnel."""
    content = f"{tunnel}.cfargotunnel.com"
    record = {"name": host, "type": "CNAME", "content": content, "proxied": proxied, "ttl": 1}
    return str((await local.result("POST", "/Z/dns_records", record))["id"])


async def whole(local: Local, port: int) -> str:
    """A tunnel with a rule for `HOST`, its record, and no connector; its id."""
    tunnel = await make_tunnel(local)
    await configure(local, tunnel, {"hostname": HOST, "service": f"http://localhost:{port}"})
    await point(local, tunnel)
    return tunnel


@contextlib.asynccontextmanager
async def connected(local: Local, tunnel: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """A connector, registered; gives the lines that follow. It leaves at the end of the block."""
    token = await local.result("GET", f"/A/cfd_tunnel/{tunnel}/token")
    async with stranger(local) as client:
        asked = {"token": token, "server": "vps-1"}
        async with client.stream("POST", "/local/tunnels/connect", json=asked) as response:
            assert response.status_code == 200
            lines = (json.loads(line) async for line in response.aiter_lines())
            assert "registered" in await anext(lines)
            yield lines


def stranger(local: Local) -> httpx.AsyncClient:
    """A client of the control plane's address without the account's token."""
    base = str(local.http.base_url).removesuffix("/client/v4/")
    return httpx.AsyncClient(base_url=base, timeout=DEADLINE)


async def status_of(local: Local, tunnel: str) -> str:
    return str((await local.result("GET", f"/A/cfd_tunnel/{tunnel}"))["status"])


async def until_status(local: Local, tunnel: str, wanted: str) -> None:
    """Returns once the tunnel has that status: a connector's end is seen a moment later."""
    async with asyncio.timeout(DEADLINE):
        while await status_of(local, tunnel) != wanted:  # noqa: ASYNC110 - polls another party
            await asyncio.sleep(0.01)
