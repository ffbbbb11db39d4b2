"""Where a Worker's fetch goes: other vendors' hosts over plain loopback, never this machine's other ports."""

import asyncio
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.localcloud.endpoints import Address
from tests.localcloud.cloudflare.local import Local

CODE = """export default { async fetch(request) {
  const target = new URL(request.url).searchParams.get("url");
  try {
    const answer = await fetch(target, { method: "POST", body: "sent" });
    return new Response(answer.body, { status: answer.status });
  } catch (error) { return new Response(String(error), { status: 599 }) } } }"""


async def echo(request: Request) -> Response:
    return JSONResponse(
        {"host": request.headers["host"], "path": request.url.path, "body": (await request.body()).decode()}
    )


@pytest.fixture
async def database() -> AsyncIterator[Address]:
    app = Starlette(routes=[Route("/{path:path}", echo, methods=["POST"])])
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning"))
        task = asyncio.create_task(server.serve(sockets=[listening]))
        yield Address("127.0.0.1", listening.getsockname()[1])
        server.should_exit = True
        await task


@pytest.fixture
async def local(tmp_path: Path, database: Address) -> AsyncIterator[Local]:
    running = Local(tmp_path, {"*.turso.localhost": database})
    await running.start()
    await running.live(CODE)
    yield running
    await running.stop()


async def test_a_mapped_host_is_reached_by_https_with_its_own_name(local: Local) -> None:
    response = await local.visitor.get(
        "/", params={"url": "https://notes-shoreline.turso.localhost/v2/pipeline"}
    )
    assert response.json() == {
        "host": "notes-shoreline.turso.localhost",
        "path": "/v2/pipeline",
        "body": "sent",
    }


async def test_other_ports_of_this_machine_are_out_of_reach(local: Local, database: Address) -> None:
    response = await local.visitor.get("/", params={"url": f"{database.url}/x"})
    assert response.status_code == 599


async def test_an_unmapped_name_of_the_zone_is_not_looked_up(local: Local) -> None:
    response = await local.visitor.get("/", params={"url": "https://other.localhost/"})
    assert response.status_code == 530
