"""Deployments of one and two versions: shares, affinity, overrides, and no request lost while they change."""

import asyncio
import math
import time
from collections import Counter

import httpx

from infra.localcloud.endpoints import Address
from tests.localcloud.cloudflare.local import Local

KEY = "Cloudflare-Workers-Version-Key"


def answering(text: str) -> str:
    return f"export default {{ fetch() {{ return new Response('{text}') }} }}"


async def two_versions(local: Local, share: int) -> tuple[str, str]:
    """Versions `old` and `new`, the new one with this share."""
    worker = await local.worker()
    old, new = await local.version(worker, answering("old")), await local.version(worker, answering("new"))
    await local.deploy("edge", (old, 100 - share), (new, share))
    await local.domain()
    return old, new


async def answers(local: Local, keys: list[str]) -> dict[str, str]:
    return {key: (await local.visitor.get("/", headers={KEY: key})).text for key in keys}


async def test_shares_hold_within_binomial_bounds(local: Local) -> None:
    await two_versions(local, 10)
    count = Counter([(await local.visitor.get("/")).text for _ in range(1000)])
    assert abs(count["new"] - 100) < 5 * math.sqrt(1000 * 0.1 * 0.9)


async def test_a_key_stays_on_its_version_and_raising_the_share_moves_keys_one_way(local: Local) -> None:
    old, new = await two_versions(local, 20)
    keys = [f"user-{number}" for number in range(300)]
    before = await answers(local, keys)
    assert await answers(local, keys) == before
    assert 30 <= Counter(before.values())["new"] <= 90
    await local.deploy("edge", (new, 60), (old, 40))
    after = await answers(local, keys)
    assert all(after[key] == "new" for key in keys if before[key] == "new")
    assert Counter(after.values())["new"] > Counter(before.values())["new"]


async def test_an_override_picks_a_version_of_the_deployment(local: Local) -> None:
    old, new = await two_versions(local, 0)
    for version, text in ((new, "new"), (old, "old")):
        header = {"Cloudflare-Workers-Version-Overrides": f'other="x", edge="{version}"'}
        assert (await local.visitor.get("/", headers=header)).text == text


async def test_a_worker_without_a_deployment_says_so(local: Local) -> None:
    await local.worker()
    await local.domain()
    response = await local.visitor.get("/")
    assert response.status_code == 404
    assert "edge has no deployment" in response.text


async def test_no_request_fails_and_none_is_stale_over_ten_deployments_under_load(local: Local) -> None:
    worker = await local.live(answering("0"))
    served = {"latest": 0, "requests": 0}
    failures: list[str] = []
    done = asyncio.Event()

    async def visit(edge: Address) -> None:
        limits = httpx.Limits(max_connections=1)
        async with httpx.AsyncClient(
            base_url=edge.url, limits=limits, headers={"host": "localhost"}
        ) as client:
            while not done.is_set():
                at_least = served["latest"]
                response = await client.get("/")
                served["requests"] += 1
                if response.status_code != 200 or int(response.text) < at_least:
                    failures.append(f"{response.status_code} {response.text[:40]}, acknowledged: {at_least}")

    visitors = [asyncio.create_task(visit(local.vendor.edge)) for _ in range(8)]
    for number in range(1, 11):
        await local.deploy("edge", await local.version(worker, answering(str(number))))
        served["latest"] = number
    done.set()
    await asyncio.gather(*visitors)
    assert failures == []
    assert served["requests"] > 100


async def test_everything_declared_survives_a_restart(local: Local) -> None:
    assets = await _with_assets(local)
    await local.result("PUT", "/A/workers/scripts/edge/schedules", [{"cron": "0 3 * * *"}])
    before = [(await local.visitor.get(path)).text for path in ("/", "/api")]
    paths = (
        "/A/workers/workers",
        "/A/workers/domains",
        "/A/workers/scripts/edge/schedules",
        "/Z/workers/routes",
    )
    declared = [await local.result("GET", path) for path in paths]
    await local.restart()
    assert (
        [(await local.visitor.get(path)).text for path in ("/", "/api")]
        == before
        == [assets, "hello from worker"]
    )
    assert [await local.result("GET", path) for path in paths] == declared


async def _with_assets(local: Local) -> str:
    worker = await local.worker()
    token = await local.upload("edge", {"/index.html": b"<p>page"})
    code = "export default { fetch() { return new Response('hello from worker') } }"
    await local.deploy("edge", await local.version(worker, code, assets={"jwt": token}))
    await local.domain()
    return "<p>page"


async def test_a_killed_workerd_comes_back_with_what_it_served(local: Local) -> None:
    import psutil

    await local.live(answering("first"))
    (status,) = local.vendor.processes()
    assert status.pid is not None
    psutil.Process(status.pid).kill()
    deadline = time.monotonic() + 20
    while local.vendor.processes()[0].restarts == 0:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)
    assert (await local.visitor.get("/")).text == "first"
