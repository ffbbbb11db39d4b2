"""`pulumi up` killed with SIGKILL: the next `make up` goes on from there, and nothing is made twice."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest

from tests.support.clone import Clone

pytestmark = pytest.mark.slow

KILLS = 10


def kill_at(clone: Clone, create: int) -> bool:
    """Runs `make up` and kills the engine, and only it, once it has begun `create` different creates.

    What it has begun stands in the state before the vendor is called. False if the update ended before that.
    """
    begun: set[str] = set()
    with clone.start(sys.executable, "-m", "infra.cli", "up", output=subprocess.DEVNULL) as process:
        while process.poll() is None:
            begun |= pending_creates(clone)
            if len(begun) >= create:
                for engine in engines_below(process.pid):
                    engine.kill()
            time.sleep(0.002)
    return process.returncode != 0


def pending_creates(clone: Clone) -> set[str]:
    state = clone.folder / ".shoreline" / "state" / ".pulumi" / "stacks" / "shoreline" / "dev.json"
    try:
        latest = json.loads(state.read_bytes())["checkpoint"].get("latest") or {}
    except (FileNotFoundError, ValueError):
        return set()
    operations = latest.get("pending_operations") or []
    return {operation["resource"]["urn"] for operation in operations if operation["type"] == "creating"}


def edit_worker(clone: Clone, text: str) -> None:
    source = clone.folder / "services" / "edge" / "src" / "index.ts"
    source.write_text(f'{source.read_text()}\nconsole.log("{text}");\n')


def engines_below(pid: int) -> Iterator[psutil.Process]:
    for child in psutil.Process(pid).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if child.name() == "pulumi":
                yield child


def assert_whole_and_single(clone: Clone) -> None:
    """The stack is as declared, and the vendors hold each thing once."""
    clone.pulumi("preview", "--expect-no-changes")
    assert not clone.export()["deployment"].get("pending_operations")
    assert httpx.get(f"{clone.url}/api/notes").status_code == 200
    assert count_at_vendors(clone) == {
        "workers": 1,
        "routes": 2,
        "records": 3,
        "rulesets": 1,
        "tunnels": 1,
        "databases": 1,
        "caches": 1,
        "groups": 1,
    }


def count_at_vendors(clone: Clone) -> dict[str, int]:
    ids, turso = clone.setting("shoreline:cloudflare"), clone.setting("shoreline:turso")
    account, zone = f"/accounts/{ids['accountId']}/workers", f"/zones/{ids['zoneId']}"
    cloudflare = vendor(clone, clone.setting("cloudflare:baseUrl"), "cloudflare:apiToken")
    platform = vendor(
        clone, f"{turso['api']}/v1/organizations/{turso['organization']}", "shoreline:tursoToken"
    )
    upstash = clone.setting("shoreline:upstash")
    api_key = clone.pulumi("config", "get", "shoreline:upstashApiKey").strip()
    redis = httpx.Client(base_url=upstash["api"], auth=(upstash["email"], api_key))
    with cloudflare, platform, redis:
        results: dict[str, Any] = {
            "workers": cloudflare.get(f"{account}/workers").json()["result"],
            "routes": cloudflare.get(f"{zone}/workers/routes").json()["result"],
            "records": cloudflare.get(f"{zone}/dns_records").json()["result"],
            "rulesets": cloudflare.get(f"{zone}/rulesets").json()["result"],
            "tunnels": cloudflare.get(f"/accounts/{ids['accountId']}/cfd_tunnel?is_deleted=false").json()[
                "result"
            ],
            "databases": platform.get("/databases").json()["databases"],
            "caches": redis.get("/redis/databases").json(),
            "groups": platform.get("/groups").json()["groups"],
        }
    return {name: len(items) for name, items in results.items()}


def vendor(clone: Clone, base_url: str, token: str) -> httpx.Client:
    bearer = clone.pulumi("config", "get", token).strip()
    return httpx.Client(base_url=base_url, headers={"authorization": f"Bearer {bearer}"})


@pytest.mark.parametrize("points", [4, pytest.param(KILLS, marks=pytest.mark.chaos)])
def test_killed_some_times_in_a_row(clone: Clone, points: int) -> None:
    """Each run finds what the killed one before it left; an edit gives it something to create in any case."""
    kills = 0
    for point in range(points):
        edit_worker(clone, f"before kill {point}")
        kills += kill_at(clone, create=1 + point % 2)
    assert kills >= points // 2
    clone.shoreline("up")
    assert_whole_and_single(clone)


@pytest.mark.chaos
@pytest.mark.parametrize("create", range(1, 16))
def test_killed_at_any_create_the_next_up_converges(clone: Clone, create: int) -> None:
    kill_at(clone, create)
    clone.shoreline("up")
    assert_whole_and_single(clone)


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_killed_at_random_edits_and_creates(running: Clone) -> None:
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311 not for secrets
    for edit in range(KILLS):
        edit_worker(running, f"edit {edit}")
        kill_at(running, chance.randint(1, 2))
        running.shoreline("up")
        assert_whole_and_single(running)


def test_a_lock_in_force_is_respected(running: Clone) -> None:
    command = ("pulumi", "up", "--yes", "--skip-preview", "--non-interactive")
    with running.start(*command) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "Updating" in line)
        os.kill(process.pid, signal.SIGSTOP)
        try:
            done = running.attempt(sys.executable, "-m", "infra.cli", "up")
        finally:
            os.kill(process.pid, signal.SIGCONT)
        process.communicate()
    said = done.stdout + done.stderr
    assert done.returncode != 0 and "another update holds the state lock" in said, said
    assert process.returncode == 0
