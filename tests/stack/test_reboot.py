"""Processes killed with SIGKILL, alone and all together, and a reboot: nothing acknowledged is lost."""

import contextlib
from dataclasses import dataclass

import httpx
import psutil
import pytest

from tests.support.clone import Clone
from tests.support.process import until

pytestmark = pytest.mark.slow

CREDENTIALS = {"email": "bea@example.com", "password": "a long enough password"}
BEA = {**CREDENTIALS, "name": "Bea"}


@dataclass(frozen=True)
class Acknowledged:
    """What the application said it has kept."""

    note: str
    export: str
    cookies: dict[str, str]


@pytest.fixture(scope="module")
def kept(running: Clone) -> Acknowledged:
    with httpx.Client(base_url=running.url, timeout=15, headers={"origin": running.url}) as client:
        assert client.post("/api/sign-up", json=BEA).status_code == 201
        note = client.post("/api/notes", json={"title": "kept", "body": "for ever"}).json()["id"]
        export = client.post("/api/exports", json={"note": note})
        assert export.status_code == 202
        return Acknowledged(note, export.json()["id"], dict(client.cookies))


def everything_works(clone: Clone, kept: Acknowledged) -> bool:
    """Each tier answers, and has what it acknowledged; the job that was queued has run."""
    with (
        httpx.Client(base_url=clone.url, timeout=15, headers={"origin": clone.url}) as client,
        contextlib.suppress(httpx.HTTPError),
    ):
        client.cookies.update(kept.cookies)
        note = client.get(f"/api/notes/{kept.note}")
        export = client.get(f"/api/exports/{kept.export}")
        fresh = client.post("/api/exports", json={"note": kept.note})
        if [answer.status_code for answer in (note, export, fresh)] == [200, 200, 202]:
            whole = (note.json()["body"], export.json()["state"]) == ("for ever", "done")
            # Last, as one may do it so often in a minute only.
            return whole and client.post("/api/sign-in", json=CREDENTIALS).status_code == 200
    return False


def test_each_process_killed_alone_comes_back(running: Clone, kept: Acknowledged) -> None:
    until(lambda: everything_works(running, kept))
    # Those first that others have started: with these they would end, too.
    for process in sorted(running.processes(), key=lambda each: -len(each.parents())):
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
