"""Requests through a tunnel: which service gets them, what arrives there, streams both ways, failures."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from tests.localcloud.cloudflare.local import Local
from tests.localcloud.cloudflare.tunnel import (
    DEADLINE,
    HOST,
    PACKED,
    PROXY,
    Origin,
    configure,
    connected,
    make_tunnel,
    origin,
    point,
    until_status,
    whole,
)

EDGE = {"host": f"{HOST}:8700"}
"""Headers of a visitor who asks the edge for the tunnel's host itself."""


@pytest.fixture
async def behind() -> AsyncIterator[Origin]:
    async with origin() as own:
        yield own


@pytest.fixture
async def tunnel(local: Local, behind: Origin) -> AsyncIterator[str]:
    """A connected tunnel to the origin, and a Worker that passes everything on to it."""
    await local.live(PROXY)
    own = await whole(local, behind.address.port)
    async with connected(local, own):
        yield own


async def test_a_workers_request_arrives_as_it_was_sent(local: Local, tunnel: str) -> None:
    response = await local.visitor.request(
        "PATCH",
        "/a%20b/%2F?x=1&y=%41&x=2",
        content=b"sent",
        headers={"x-mine": "kept", "cf-worker": "forged"},
    )
    seen = response.json()
    assert (response.status_code, response.headers["x-origin"]) == (201, "yes")
    assert (seen["method"], seen["host"]) == ("PATCH", HOST)
    assert (seen["target"], seen["body"]) == ("/a%20b/%2F?x=1&y=%41&x=2", "sent")
    expected = {
        "x-mine": "kept",
        "cf-connecting-ip": "127.0.0.1",
        "cf-warp-tag-id": tunnel,
        "cf-worker": "localhost",
        "x-forwarded-for": "127.0.0.1",
        "x-forwarded-proto": "https",
        "cf-visitor": '{"scheme":"https"}',
    }
    assert {name: seen["headers"].get(name) for name in expected} == expected


async def test_a_visitors_request_arrives_without_a_worker(local: Local, tunnel: str) -> None:
    forged = {"cf-connecting-ip": "6.6.6.6", "x-forwarded-for": "10.9.8.7", "cf-warp-tag-id": "x"}
    seen = (await local.visitor.get("/x", headers={**EDGE, **forged})).json()
    assert (seen["host"], seen["headers"]["cf-connecting-ip"]) == (EDGE["host"], "127.0.0.1")
    assert seen["headers"]["x-forwarded-for"] == "10.9.8.7, 127.0.0.1"
    assert (seen["headers"]["x-forwarded-proto"], seen["headers"]["cf-warp-tag-id"]) == ("http", tunnel)
    assert "cf-ray" in seen["headers"]
    assert "cf-worker" not in seen["headers"]


async def test_the_first_rule_that_matches_decides(local: Local, behind: Origin) -> None:
    tunnel = await make_tunnel(local)
    service = {"service": f"http://localhost:{behind.address.port}"}
    await configure(
        local,
        tunnel,
        {"hostname": HOST, "path": "^/api/realtime", "service": "http_status:418"},
        {"hostname": HOST, "path": "^/ü/$", "service": "http_status:451"},
        {"hostname": HOST, "path": r"\.(png|c[\w\-]+)$", "service": "http_status:410"},
        {"hostname": HOST, **service},
        {"path": "^/any$", **service},
        {"hostname": "*.deep.localhost", **service},
    )
    for host in (HOST, "*.localhost"):
        await point(local, tunnel, host)
    table = {
        (HOST, "/api/realtime?x"): 418,
        (HOST, "/api/realtimes"): 418,
        (HOST, "/x/api/realtime"): 201,
        (HOST, "/%C3%BC/"): 451,
        (HOST, "/a.css"): 410,
        (HOST, "/a.css/"): 201,
        (HOST, "/a?b=a.css"): 201,
        ("other.localhost", "/any"): 201,
        ("other.localhost", "/anything"): 404,
        ("a.deep.localhost", "/"): 201,
        ("deep.localhost", "/"): 404,
    }
    async with connected(local, tunnel):
        found = {
            (host, path): (await local.visitor.get(path, headers={"host": host})).status_code
            for host, path in table
        }
    assert found == table


async def test_a_connector_that_comes_and_goes_opens_and_closes_the_tunnel(
    local: Local, behind: Origin
) -> None:
    await local.live(PROXY)
    tunnel = await whole(local, behind.address.port)
    for _ in range(2):
        closed = await local.visitor.get("/x")
        assert (closed.status_code, "1033" in closed.text) == (530, True)
        async with connected(local, tunnel):
            assert (await local.visitor.get("/x")).status_code == 201
            async with connected(local, tunnel):
                pass
            assert (await local.visitor.get("/x")).status_code == 201
        await until_status(local, tunnel, "down")


async def test_a_tunnel_needs_a_proxied_record_of_its_own(local: Local, behind: Origin) -> None:
    await local.live(PROXY)
    tunnel = await make_tunnel(local)
    await configure(local, tunnel, {"hostname": HOST, "service": f"http://localhost:{behind.address.port}"})
    async with connected(local, tunnel):
        assert "1016" in (await local.visitor.get("/x")).text
        record = await point(local, tunnel, proxied=False)
        assert "1016" in (await local.visitor.get("/x")).text
        await local.result("PATCH", f"/Z/dns_records/{record}", {"proxied": True})
        assert (await local.visitor.get("/x")).status_code == 201
        gone = "00000000-0000-4000-8000-000000000000.cfargotunnel.com"
        await local.result("PATCH", f"/Z/dns_records/{record}", {"content": gone})
        assert "1033" in (await local.visitor.get("/x")).text
        await local.result("DELETE", f"/Z/dns_records/{record}")
        assert "1016" in (await local.visitor.get("/x")).text


async def test_another_record_of_a_host_keeps_it_out_of_a_wildcards_tunnel(local: Local, tunnel: str) -> None:
    await configure(local, tunnel, {"path": "^/x", "service": "http_status:204"})
    await point(local, tunnel, "*.localhost")
    record = {"name": "www", "type": "AAAA", "content": "100::", "proxied": True, "ttl": 1}
    await local.result("POST", "/Z/dns_records", record)
    hosts = ("any.localhost", "www.localhost")
    found = [(await local.visitor.get("/x", headers={"host": host})).status_code for host in hosts]
    assert found == [204, 522]


async def test_a_service_that_does_not_listen_is_a_bad_gateway(local: Local, behind: Origin) -> None:
    await local.live(PROXY)
    async with origin() as short:
        port = short.address.port
    tunnel = await whole(local, port)
    async with connected(local, tunnel):
        response = await local.visitor.post("/x", content=b"x" * 100_000)
        assert (response.status_code, str(port) in response.text) == (502, True)


async def test_a_service_that_speaks_no_http_is_a_bad_gateway(local: Local) -> None:
    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.example ESMTP\r\n")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        await local.live(PROXY)
        tunnel = await whole(local, server.sockets[0].getsockname()[1])
        async with connected(local, tunnel):
            assert (await local.visitor.get("/x")).status_code == 502


async def test_a_tunnel_without_rules_is_unavailable(local: Local) -> None:
    tunnel = await make_tunnel(local)
    await point(local, tunnel)
    async with connected(local, tunnel):
        assert (await local.visitor.get("/", headers=EDGE)).status_code == 503


async def test_a_new_rule_is_served_at_once_by_the_same_workerd(local: Local, tunnel: str) -> None:
    (before,) = local.vendor.processes()
    async with origin() as other:
        rule = {"hostname": HOST, "service": f"http://localhost:{other.address.port}"}
        await configure(local, tunnel, rule)
        await local.visitor.post("/upload", content=b"here")
        assert other.pieces.get_nowait() == b"here"
    (after,) = local.vendor.processes()
    assert (after.pid, after.restarts) == (before.pid, 0)


@pytest.mark.parametrize("headers", [{}, EDGE])
async def test_an_event_arrives_before_the_next_is_sent(
    local: Local, behind: Origin, tunnel: str, headers: dict[str, str]
) -> None:
    async with local.visitor.stream("GET", "/events", headers=headers) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert [await anext(lines), await anext(lines)] == ["data: first", ""]
        assert not behind.go_on.is_set()
        behind.go_on.set()
        assert await anext(lines) == "data: last"


async def test_a_visitor_who_leaves_is_seen_to_leave_by_the_origin(
    local: Local, behind: Origin, tunnel: str
) -> None:
    """By its next event: TCP tells a sender no sooner that nobody reads."""
    async with local.visitor.stream("GET", "/ticks") as response:
        assert await anext(response.aiter_lines()) == ": tick"
    async with asyncio.timeout(DEADLINE):
        await behind.gone.wait()


@pytest.mark.parametrize("headers", [{}, EDGE])
async def test_an_upload_arrives_piece_by_piece(
    local: Local, behind: Origin, tunnel: str, headers: dict[str, str]
) -> None:
    arrived: list[bytes] = []

    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b"one", b"two", b"three"):
            yield piece
            async with asyncio.timeout(DEADLINE):
                arrived.append(await behind.pieces.get())

    response = await local.visitor.post("/upload", content=pieces(), headers=headers)
    assert (response.json(), arrived) == ({"size": 11}, [b"one", b"two", b"three"])


async def test_big_bodies_arrive_whole_both_ways(local: Local, tunnel: str) -> None:
    seen = (await local.visitor.put("/x", content=b"x" * 20_000_000)).json()
    assert (seen["size"], len(seen["body"])) == (20_000_000, 20_000_000)


async def test_a_redirect_and_packed_bytes_reach_the_visitor_untouched(local: Local, tunnel: str) -> None:
    away = await local.visitor.get("/away")
    assert (away.status_code, away.headers["location"]) == (302, "https://example.com/elsewhere")
    async with local.visitor.stream("GET", "/packed", headers={"accept-encoding": "gzip"}) as packed:
        assert packed.headers["content-encoding"] == "gzip"
        assert b"".join([piece async for piece in packed.aiter_raw()]) == PACKED


async def test_many_requests_at_once_each_get_their_own_answer(local: Local, tunnel: str) -> None:
    async def one(number: int) -> str:
        return str((await local.visitor.get(f"/x?n={number}")).json()["target"])

    numbers = range(200)
    assert await asyncio.gather(*map(one, numbers)) == [f"/x?n={number}" for number in numbers]


async def test_a_restart_keeps_tunnels_and_forgets_connections(local: Local, behind: Origin) -> None:
    await local.live(PROXY)
    tunnel = await whole(local, behind.address.port)
    token = await local.result("GET", f"/A/cfd_tunnel/{tunnel}/token")
    async with connected(local, tunnel):
        assert (await local.visitor.get("/x")).status_code == 201
    await local.restart()
    await until_status(local, tunnel, "down")
    assert await local.result("GET", f"/A/cfd_tunnel/{tunnel}/token") == token
    assert (await local.visitor.get("/x")).status_code == 530
    async with connected(local, tunnel):
        assert (await local.visitor.get("/x")).status_code == 201


async def test_a_workerd_that_died_comes_back_with_the_tunnel_open(
    local: Local, behind: Origin, tunnel: str
) -> None:
    (before,) = local.vendor.processes()
    assert before.pid is not None
    os.kill(before.pid, signal.SIGKILL)
    async with asyncio.timeout(DEADLINE):
        while local.vendor.processes()[0].restarts == 0:  # noqa: ASYNC110 - another process
            await asyncio.sleep(0.01)
    assert (await local.visitor.get("/x")).status_code == 201


REACH = """import { connect } from "cloudflare:sockets";
export default { async fetch(request, env, ctx) {
  const port = Number(new URL(request.url).searchParams.get("port"));
  const tries = {
    fetch: () => fetch(`http://127.0.0.1:${port}/x`),
    socket: () => connect({ hostname: "127.0.0.1", port }).opened,
    binding: () => env.LOOPBACK.connect({ hostname: "127.0.0.1", port }).opened,
    exported: () => ctx.exports.Outbound.fetch(`http://127.0.0.1:${port}/x`),
    header: () => fetch("https://vps-1.localhost/x", { headers: { host: `127.0.0.1:${port}` } }),
  };
  const found = {};
  for (const [name, go] of Object.entries(tries)) {
    try { const got = await go(); found[name] = got?.status ?? "reached" } catch { found[name] = "refused" }
  }
  return Response.json(found) } }"""


async def test_a_worker_reaches_this_machine_by_the_tunnels_rules_alone(local: Local, tunnel: str) -> None:
    """With its own port open: what is refused is the way, not the port."""
    worker = await local.result("GET", "/A/workers/workers/edge")
    await local.deploy("edge", await local.version(worker["id"], REACH))
    async with origin() as other:
        found = (await local.visitor.get(f"/?port={other.address.port}")).json()
        assert found == {
            "fetch": "refused",
            "socket": "refused",
            "binding": "refused",
            "exported": "refused",
            "header": 201,
        }
        assert other.pieces.empty()
