"""Cron triggers: fired by the clock and on demand, and Cloudflare's way to count weekdays."""

import asyncio
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.localcloud.cloudflare.crons import parse_cron
from infra.localcloud.cloudflare.errors import NotEmulated
from tests.localcloud.cloudflare.local import Local

CODE = """let runs = [];
export default {
  fetch() { return Response.json(runs) },
  async scheduled(event) {
    if (event.cron === "0 0 1 1 *") throw new Error("not on New Year");
    runs.push([event.cron, event.scheduledTime]);
  } }"""


async def local_call(local: Local, method: str, path: str, body: Any = None) -> Any:
    base = str(local.http.base_url).removesuffix("/client/v4/")
    response = await local.http.request(method, f"{base}/local{path}", json=body)
    assert response.is_success, response.text
    return response.json()["result"]


async def test_a_trigger_fires_on_demand_and_its_last_run_is_kept(local: Local) -> None:
    await local.live(CODE)
    crons = [{"cron": "*/5 * * * *"}, {"cron": "0 0 1 1 *"}]
    await local.result("PUT", "/A/workers/scripts/edge/schedules", crons)
    fired = await local_call(local, "POST", "/crons/fire", {"script": "edge", "cron": "*/5 * * * *"})
    assert fired["outcome"] == "ok"
    ((cron, at),) = (await local.visitor.get("/")).json()
    assert cron == "*/5 * * * *"
    assert abs(at / 1000 - time.time()) < 60
    failed = await local_call(local, "POST", "/crons/fire", {"script": "edge", "cron": "0 0 1 1 *"})
    assert failed["outcome"] == "exception"
    runs = {each["cron"]: each["last_run"]["outcome"] for each in await local_call(local, "GET", "/crons")}
    assert runs == {"*/5 * * * *": "ok", "0 0 1 1 *": "exception"}


async def test_the_clock_fires_what_is_due(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """The schedule says so and the moment is a fraction of a second away: no test waits for a minute."""
    await local.live(CODE)
    moments = iter([(time.time() + 0.2, [(await _worker_id(local), "* * * * *")])])
    monkeypatch.setattr(local.vendor.cloud.crons, "_due", lambda: next(moments, None))
    await local.result("PUT", "/A/workers/scripts/edge/schedules", [{"cron": "* * * * *"}])
    deadline = time.monotonic() + 20
    while not (await local.visitor.get("/")).json():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


async def _worker_id(local: Local) -> str:
    return str((await local.result("GET", "/A/workers/workers/edge"))["id"])


@pytest.mark.parametrize(
    ("cron", "weekday"), [("0 0 * * 1", 6), ("0 0 * * 2", 0), ("0 0 * * SUN", 6), ("0 0 * * 7", 5)]
)
def test_weekdays_count_from_sunday_as_one(cron: str, weekday: int) -> None:
    assert next(parse_cron(cron)).weekday() == weekday


@pytest.mark.parametrize(
    "cron", ["0 0 L * *", "0 0 * * 2#1", "59 23 LW * *", "0 0 * * 6L", "0 9-17/2 * * 2-6"]
)
def test_supported_expressions_have_a_next_moment(cron: str) -> None:
    assert next(parse_cron(cron)) > datetime.now(UTC)


def test_the_nearest_weekday_is_refused_by_name() -> None:
    with pytest.raises(NotEmulated, match="W, the nearest weekday"):
        parse_cron("0 0 15W * *")
