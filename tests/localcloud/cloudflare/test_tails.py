"""Tails: what a Worker's visitors meet, told as it happens."""

import asyncio
import json
import threading
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import cloudflare
import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from infra.delivery import visitors
from infra.delivery.gate import OVERRIDE, PROBE_AGENT, Figures
from infra.localcloud.accounts import CLOUDFLARE
from tests.localcloud.cloudflare.local import ACCOUNT, Local
from tests.support.process import until

TRACES = Subprotocol("trace-v1")
WORKER = """export default { async fetch(request) {
  const path = new URL(request.url).pathname;
  if (path === "/throws") throw new Error("as told");
  if (path === "/slow") await scheduler.wait(120);
  return new Response(path, { status: path === "/fails" ? 503 : 200 });
} }"""


@asynccontextmanager
async def tailed(local: Local, worker: str = "edge") -> AsyncIterator[ClientConnection]:
    """As `wrangler tail` follows a Worker."""
    tail = await local.sdk.workers.scripts.tail.create(worker, account_id=ACCOUNT)
    async with connect(tail.url, subprotocols=[TRACES], proxy=None) as socket:
        await socket.send(json.dumps({"debug": False}))
        yield socket


async def heard(socket: ClientConnection, count: int) -> dict[str, Any]:
    """So many messages, by the path that was asked for."""
    messages = [json.loads(await asyncio.wait_for(socket.recv(), 10)) for _ in range(count)]
    return {httpx.URL(each["event"]["request"]["url"]).path: each for each in messages}


async def test_each_request_is_told_with_its_version_and_how_it_ended(local: Local) -> None:
    worker = await local.live(WORKER)
    version = (await local.result("GET", f"/A/workers/workers/{worker}/versions"))[0]["id"]
    async with tailed(local) as socket, tailed(local) as another:
        for path in ("/fine", "/fails", "/throws", "/slow"):
            await local.visitor.get(path, headers={"authorization": "Bearer secret", "user-agent": "test"})
        told = await heard(socket, 4)
        assert (await heard(another, 4)).keys() == told.keys()
    assert {each["scriptVersion"]["id"] for each in told.values()} == {version}
    assert [told[path]["outcome"] for path in ("/fine", "/fails", "/throws")] == ["ok", "ok", "exception"]
    assert told["/fine"]["event"]["response"]["status"] == 200
    assert told["/fails"]["event"]["response"]["status"] == 503
    [thrown] = told["/throws"]["exceptions"]
    assert (thrown["name"], thrown["message"]) == ("Error", "as told")
    assert told["/slow"]["wallTime"] >= 100 > told["/fine"]["wallTime"]
    headers = told["/fine"]["event"]["request"]["headers"]
    assert headers["user-agent"] == "test" and "secret" not in json.dumps(headers)


async def test_a_tail_is_of_one_worker_and_ends_when_it_is_deleted(local: Local) -> None:
    await local.live(WORKER)
    await local.worker("quiet")
    async with tailed(local, "quiet") as quiet:
        await local.visitor.get("/")
        [tail] = await local.result("GET", "/A/workers/scripts/quiet/tails")
        assert await local.refused("DELETE", f"/A/workers/scripts/edge/tails/{tail['id']}") == (404, 10057)
        await local.result("DELETE", f"/A/workers/scripts/quiet/tails/{tail['id']}")
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(quiet.recv(), 10)
    assert await local.result("GET", "/A/workers/scripts/quiet/tails") == []
    with pytest.raises(InvalidStatus):
        await connect(tail["url"], subprotocols=[TRACES], proxy=None)
    assert await local.refused("POST", "/A/workers/scripts/nobody/tails") == (404, 10007)


async def test_the_gate_of_a_deploy_counts_what_visitors_meet(local: Local) -> None:
    worker = await local.worker()
    old, new = await local.version(worker, WORKER), await local.version(worker, WORKER)
    await local.deploy("edge", (old, 50), (new, 50))
    await local.domain()

    async def ask(version: str, path: str, agent: str = "browser") -> None:
        headers = {OVERRIDE: f'edge="{version}"', "user-agent": agent}
        await local.visitor.get(path, headers=headers)

    def watched(asked: threading.Event) -> tuple[Figures, Figures]:
        token, base_url = CLOUDFLARE.token, str(local.sdk.base_url)
        with (
            cloudflare.Cloudflare(api_token=token, base_url=base_url) as client,
            visitors.told_of(client, ACCOUNT, "edge") as told,
        ):
            begun.set()
            assert asked.wait(10)
            until(lambda: told.figures(new).requests == 9 or None, "all is told")
            return told.figures(old), told.figures(new)

    begun, asked = threading.Event(), threading.Event()
    watching = asyncio.create_task(asyncio.to_thread(watched, asked))
    assert await asyncio.to_thread(begun.wait, 10)
    await ask(new, "/throws", PROBE_AGENT)
    for path in ("/fine", "/fine", "/slow"):
        await ask(old, path)
    for path in ("/fine", "/fails", "/throws", "/throws", *["/slow"] * 5):
        await ask(new, path)
    asked.set()
    before, after = await watching
    assert (before.requests, before.problems) == (3, [])
    assert Counter(after.problems) == {
        "visitors: status 503": 1,
        "visitors: exception, Error: as told": 2,
    }
    assert before.median("visitors") < 100 <= after.median("visitors")


async def test_another_protocol_is_not_spoken(local: Local) -> None:
    await local.worker()
    tail = await local.result("POST", "/A/workers/scripts/edge/tails", {"filters": []})
    with pytest.raises(InvalidStatus):
        await connect(tail["url"], proxy=None)
