"""The application's Worker on the local Cloudflare: what each data centre's cache keeps, and for how long."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from infra.localcloud.endpoints import Address
from tests.localcloud.cloudflare.local import Local
from tests.support.gate import Gate
from tests.support.manifest import altered
from tests.support.notes import insert_notes, insert_workspace
from tests.support.problem import check_problem
from tests.support.services import Keys
from tests.support.sessions import token
from tests.support.sqld import Sqld, sqld
from tests.support.workerd import build

SECONDS, STALE = 1, 2
AT_ONCE = 20
HERE, ELSEWHERE = "LOCAL", "SIN"
KEYS = Keys()


def cached(routes: dict[str, Any]) -> None:
    for name in ("list_open_notes", "list_notes"):
        vary = ["query", "caller"] if name == "list_notes" else ["query"]
        routes[name]["cache"] = {"seconds": SECONDS, "staleSeconds": STALE, "vary": vary, "tags": ["notes"]}
        routes[name]["rateLimits"] = []


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("cached")
    manifest, placement = altered(folder, cached)
    return (build(folder / "out", manifest=manifest, placement=placement) / "worker.js").read_text("utf-8")


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sqld]:
    with sqld(tmp_path_factory.mktemp("sqld")) as server:
        yield server


@dataclass(frozen=True)
class Site:
    """The Worker in several data centres, before one database."""

    local: Local
    gate: Gate
    database: Sqld

    async def get(self, path: str, colo: str = HERE, **headers: str) -> httpx.Response:
        return await self.local.visitor.get(
            path, headers={"host": "localhost:8700", "shoreline-local-colo": colo, **headers}
        )

    async def write(self, workspace: str, title: str) -> httpx.Response:
        headers = {"host": "localhost:8700", **cookie({workspace: "editor"})}
        note = {"title": title, "body": "", "workspace": workspace}
        return await self.local.visitor.post("/api/notes", json=note, headers=headers)

    async def until(self, path: str, state: str, colo: str = HERE, **headers: str) -> httpx.Response:
        """The first answer with this x-cache."""
        deadline = time.monotonic() + 20
        while True:
            answer = await self.get(path, colo, **headers)
            if answer.headers.get("x-cache") == state:
                return answer
            assert time.monotonic() < deadline, answer.headers
            await anyio.sleep(0.02)


def cookie(ws: dict[str, str], user: str = "ada", **claims: Any) -> dict[str, str]:
    return {"cookie": f"session={token(KEYS.session, user, ws=ws, **claims)}"}


@pytest.fixture
async def site(module: str, database: Sqld, tmp_path: Path) -> AsyncIterator[Site]:
    with Gate(database.port).opened() as gate:
        local = Local(tmp_path, outbound={"*.turso.localhost": Address("127.0.0.1", gate.port)})
        await local.start()
        try:
            texts = {
                "DATABASE_URL": "https://notes-shoreline.turso.localhost",
                "DATABASE_TOKEN": database.token,
                **KEYS.variables,
                "PUBLIC_URL": "http://localhost:8700",
            }
            bindings = [{"name": name, "type": "plain_text", "text": text} for name, text in texts.items()]
            await local.live(module, bindings=[*bindings, {"name": "RELEASE", "type": "version_metadata"}])
            yield Site(local, gate, database)
        finally:
            await local.stop()


def titles(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [note["title"] for note in answer.json()["notes"]]


async def test_a_kept_answer_is_the_same_without_a_trip(site: Site) -> None:
    insert_notes(site.database, "kept", 3)
    first = await site.get("/api/notes?workspace=kept")
    assert first.headers["x-cache"] == "miss" and "age" not in first.headers
    hit = await site.until("/api/notes?workspace=kept", "hit")
    with site.gate.counted() as passed:
        again = await site.get("/api/notes?limit=20&workspace=kept")
        known = await site.get("/api/notes?workspace=kept", **{"if-none-match": first.headers["etag"]})
        head = await site.local.visitor.head("/api/notes?workspace=kept")
    assert passed == []
    for answer in (hit, again):
        assert answer.content == first.content
        assert answer.headers["etag"] == first.headers["etag"]
        assert answer.headers["cache-control"] == "no-cache"
        assert answer.headers["age"] in ("0", "1")
    assert (known.status_code, known.content) == (304, b"")
    assert (head.status_code, head.headers["x-cache"]) == (200, "hit")
    assert titles(await site.get("/api/notes?workspace=kept&limit=2")) == titles(first)[:2]


async def test_who_wrote_reads_it_at_once_and_others_elsewhere_soon(site: Site) -> None:
    path = "/api/notes?workspace=written"
    insert_workspace(site.database, "written")
    for colo in (HERE, ELSEWHERE):
        assert titles(await site.get(path, colo)) == []
        await site.until(path, "hit", colo)
    written = time.monotonic()
    assert (await site.write("written", "new")).status_code == 201
    assert titles(await site.get(path)) == ["new"]
    # A data centre is told of no other one's writes.
    old = await site.get(path, ELSEWHERE)
    assert titles(old) == [] and old.headers["x-cache"] == "hit"
    while titles(await site.get(path, ELSEWHERE)) == []:
        assert time.monotonic() - written < SECONDS + STALE + 1
        await anyio.sleep(0.05)


async def test_an_old_answer_goes_out_while_a_new_one_is_made(site: Site) -> None:
    path = "/api/notes?workspace=refreshed"
    insert_workspace(site.database, "refreshed")
    await site.get(path)
    await site.until(path, "hit")
    insert_notes(site.database, "refreshed", 1, title="past the Worker")
    stale = await site.until(path, "stale")
    assert titles(stale) == [] and int(stale.headers["age"]) >= SECONDS
    assert titles(await site.until(path, "hit")) == ["past the Worker 1"]


async def test_without_a_database_kept_answers_are_told_with_their_age(site: Site) -> None:
    path = "/api/notes?workspace=outage"
    insert_notes(site.database, "outage", 1)
    first = titles(await site.get(path))
    await site.until(path, "hit")
    await site.until(path, "stale")
    with site.gate.trouble("drops"):
        reads = [site.get(path) for _ in range(AT_ONCE)]
        writes = [site.write("outage", "lost") for _ in range(AT_ONCE)]
        answers = await asyncio.gather(*reads, *writes)
        for kept in answers[:AT_ONCE]:
            assert titles(kept) == first
            assert kept.headers["x-cache"] in ("hit", "stale") and "age" in kept.headers
        for answer in (*answers[AT_ONCE:], await site.get("/api/notes?workspace=other")):
            check_problem(answer, 503)
            assert answer.headers["retry-after"] == "5"
        # The write may have happened: what is kept is no longer new, and still better than nothing.
        assert (await site.get(path)).headers["x-cache"] == "stale"
    assert titles(await site.get(path)) == first


async def test_past_its_time_an_answer_is_gone(site: Site) -> None:
    path = "/api/notes?workspace=gone"
    insert_notes(site.database, "gone", 1)
    await site.get(path)
    await site.until(path, "hit")
    with site.gate.trouble("drops"):
        deadline = time.monotonic() + SECONDS + STALE + 5
        while (await site.get(path)).status_code == 200:
            assert time.monotonic() < deadline
            await anyio.sleep(0.1)
        check_problem(await site.get(path), 503)
    assert titles(await site.get(path)) == ["Note 1"]


async def test_a_kept_answer_is_its_tenants_and_its_callers(site: Site) -> None:
    for workspace in ("t-1", "t-2"):
        insert_notes(site.database, workspace, 1, title=workspace, open=False)
    ada = cookie({"t-1": "viewer", "t-2": "viewer"})
    first = "/api/workspaces/t-1/notes"
    await site.get(first, **ada)
    assert titles(await site.until(first, "hit", **ada)) == ["t-1 1"]
    assert titles(await site.get("/api/workspaces/t-2/notes", **ada)) == ["t-2 1"]
    # Kept or not: who is no member is told so.
    check_problem(await site.get(first, **cookie({"t-2": "owner"})), 403)
    check_problem(await site.get(first), 401)
    assert (await site.get(first, **cookie({"t-1": "viewer"}, "bea"))).headers["x-cache"] == "miss"
    # Whether this one is a member only the server can tell, and there is none here.
    unsure = await site.get(first, **cookie({"t-2": "viewer"}, more=True))
    assert check_problem(unsure, 503)["detail"] == "This part of the application is not set up here."
