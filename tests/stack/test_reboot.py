"""Processes killed with SIGKILL, alone and all together, and a reboot: nothing acknowledged is lost."""

import contextlib
from dataclasses import dataclass

import httpx
import psutil
import pytest

from tests.support.clone import Clone
from tests.support.process import until

pytestmark = pytest.mark.slow

BEA = {"email": "bea@example.com", "name": "Bea", "password": "a long enough password"}


@dataclass(frozen=True)
class Acknowledged:
    """What the application said it has kept."""

    note: str
    export: str


@pytest.fixture(scope="module")
def kept(running: Clone) -> Acknowledged:
    with httpx.Client(base_url=running.url, timeout=15, headers={"origin": running.url}) as client:
        assert client.post("/api/sign-up", json=BEA).status_code == 201
        note = client.post("/api/notes", json={"title": "kept", "body": "for ever"}).json()["id"]
        export = client.post("/api/exports", json={"note": note})
        assert export.status_code == 202
        return Acknowledged(note, export.json()["id"])


def everything_works(clone: Clone, kept: Acknowledged) -> bool:
    """Each tier answers, and has what it acknowledged; the job that was queued has run."""
    with (
        httpx.Client(base_url=clone.url, timeout=15, headers={"origin": clone.url}) as client,
        contextlib.suppress(httpx.HTTPError),
    ):
        signed_in = client.post("/api/sign-in", json={key: BEA[key] for key in ("email", "password")})
        note = client.get(f"/api/notes/{kept.note}")
        export = client.get(f"/api/exports/{kept.export}")
        fresh = client.post("/api/exports", json={"note": kept.note})
        statuses = [answer.status_code for answer in (signed_in, note, export, fresh)]
        if statuses == [200, 200, 200, 202]:
            return (note.json()["body"], export.json()["state"]) == ("for ever", "done")
    return False


def test_each_process_killed_alone_comes_back(running: Clone, kept: Acknowledged) -> None:
    until(lambda: everything_works(running, kept))
    for process in running.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
        running.localcloud("up")
        until(lambda: everything_works(running, kept))


def test_all_processes_killed_at_once_come_back_with_make_up(running: Clone, kept: Acknowledged) -> None:
    for process in running.processes():
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    until(lambda: not running.processes())
    running.shoreline("up")
    until(lambda: everything_works(running, kept))
    running.pulumi("preview", "--expect-no-changes")


def test_after_a_reboot_make_up_brings_everything_back(running: Clone, kept: Acknowledged) -> None:
    running.localcloud("down")
    assert running.processes() == []
    running.shoreline("up")
    until(lambda: everything_works(running, kept))
