"""One request through every tier of the running stack: edge, database, VPS, queue, WebSocket."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from services.common.hrana import Database
from services.host.environment_file import parse
from services.settings import JobsSettings, load
from tests.support.clone import Clone, CommandFailed
from tests.support.people import web_socket
from tests.support.process import until

pytestmark = pytest.mark.slow

ADA = {"email": "ada@slice.example", "name": "Ada", "password": "correct horse battery staple"}


STATISTICS = "/api/workspaces/harbour/statistics"


@pytest.fixture(scope="module")
def ada(running: Clone) -> Iterator[httpx.Client]:
    """Signed in."""
    with httpx.Client(base_url=running.url, timeout=15, headers={"origin": running.url}) as client:
        assert client.post("/api/sign-up", json=ADA).status_code == 201
        yield client


def test_a_person_signs_in_on_the_vps_and_is_known_at_the_edge_without_a_trip(ada: httpx.Client) -> None:
    answer = ada.post("/api/sign-in", json={key: ADA[key] for key in ("email", "password")})
    assert answer.status_code == 200 and "api;" in answer.headers["server-timing"]
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("session=") and "HttpOnly" in cookie and "Secure" not in cookie
    me = ada.get("/api/me")
    assert me.json()["name"] == "Ada" and "api;" not in me.headers["server-timing"]


def test_a_stranger_is_told_to_sign_in(running: Clone) -> None:
    for path in ("/api/me", STATISTICS):
        answer = httpx.get(f"{running.url}{path}")
        assert answer.status_code == 401
        assert answer.headers["content-type"].startswith("application/problem+json")


def test_a_complex_query_is_answered_by_the_vps(ada: httpx.Client) -> None:
    assert ada.get(STATISTICS).status_code == 403
    assert ada.post("/api/workspaces/harbour/join").is_success
    answer = ada.get(STATISTICS)
    assert answer.status_code == 200 and "api;" in answer.headers["server-timing"]
    assert answer.json()["notes"] >= 50


def test_a_background_job_runs_and_tells_the_page_over_the_web_socket(
    running: Clone, ada: httpx.Client
) -> None:
    note = note_of(ada)
    with web_socket(running.url, f"session={ada.cookies['session']}") as socket:
        export = ada.post("/api/exports", json={"note": note})
        assert export.status_code == 202
        events = (json.loads(socket.recv(timeout=20)) for _ in range(50))
        done = next(event for event in events if is_done(event, export.json()["id"]))
    assert done["type"] == "job"
    result = ada.get(f"/api/exports/{export.json()['id']}").json()
    assert result["state"] == "done"
    file = ada.get(f"/api/servers/{result['server']}/exports/{result['id']}/file")
    assert file.content.startswith(b"%PDF-")


def is_done(event: dict[str, Any], export: str) -> bool:
    return event.get("id") == export and event.get("state") == "done"


def test_the_scheduled_digest_is_in_the_database_and_answered_at_the_edge(running: Clone) -> None:
    digest: httpx.Response = until(lambda: answered(f"{running.url}/api/digest"), deadline=90)
    assert "api;" not in digest.headers["server-timing"]
    assert {"harbour", "lighthouse"} <= {each["workspace"] for each in digest.json()["workspaces"]}


def answered(url: str) -> httpx.Response | None:
    answer = httpx.get(url)
    return answer if answer.status_code == 200 and answer.json()["workspaces"] else None


def test_dead_jobs_are_listed_and_replayed_on_the_command_line(running: Clone, ada: httpx.Client) -> None:
    first, second = (ada.post("/api/exports", json={"note": note_of(ada)}).json()["id"] for _ in range(2))
    until(lambda: are_done(ada, first, second))
    change(running, "update jobs set state = 'dead', error = 'too slow' where id in (:a, :b)", first, second)
    listed = [json.loads(line) for line in running.shoreline("jobs").splitlines()]
    assert {(each["id"], each["error"]) for each in listed} == {(first, "too slow"), (second, "too slow")}
    assert running.shoreline("jobs", "replay", first) == "1 queued again\n"
    with pytest.raises(CommandFailed, match=f"{first} is no dead job"):
        running.shoreline("jobs", "replay", first)
    assert running.shoreline("jobs", "replay", "all") == "1 queued again\n"
    until(lambda: are_done(ada, first, second))
    assert running.shoreline("jobs") == "No job is dead.\n"


def test_an_operator_is_let_in_on_the_command_line(running: Clone, ada: httpx.Client) -> None:
    assert ada.get("/api/jobs/dead").status_code == 403
    with pytest.raises(CommandFailed, match="nobody has signed up as eve@"):
        running.shoreline("jobs", "operator", "eve@example.com")
    assert running.shoreline("jobs", "operator", ADA["email"]) == f"{ADA['email']} is an operator\n"
    assert ada.get("/api/jobs/dead").json() == {"jobs": [], "next": None}


def are_done(client: httpx.Client, *jobs: str) -> bool:
    return all(client.get(f"/api/jobs/{each}").json()["state"] == "done" for each in jobs)


def note_of(client: httpx.Client) -> str:
    return str(client.get("/api/notes", params={"limit": 1}).json()["notes"][0]["id"])


def change(stack: Clone, sql: str, first: str, second: str) -> None:
    """Runs SQL as the servers do."""
    [environment] = (stack.folder / ".shoreline").glob("**/shoreline/current/environment/jobs")

    async def run() -> None:
        database = Database(load(JobsSettings, parse(environment.read_text("utf-8"))))
        await database.execute(sql, {"a": first, "b": second})
        await database.close()

    asyncio.run(run())
