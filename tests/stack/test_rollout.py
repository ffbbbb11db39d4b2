"""A new release for some of the visitors: both versions answer, each from its own release of the servers."""

import itertools
import json
import threading
import time

import httpx
import pytest

from tests.stack.affinity import Guest, assert_guests_stay, assert_serves_the_others_styles
from tests.stack.changes import EDGE_CHANGES, planned_changes
from tests.support.clone import Clone
from tests.support.load import load, tier_of
from tests.support.people import credentials, web_socket

pytestmark = pytest.mark.slow

VERSION = "cloudflare:index/workerVersion:WorkerVersion"


def live(clone: Clone) -> set[str]:
    """The releases that the server's proxy may send requests to."""
    home = clone.folder / ".shoreline" / "cloud" / "servers" / "vps-1" / "home"
    return {path.parent.name for path in home.glob("shoreline/releases/*/live")}


class Visitor:
    """Somebody who is signed in, asks both tiers, and refreshes the session every second."""

    def __init__(self, site: str, account: dict[str, str]) -> None:
        self._site, self._turns, self._lock = site, itertools.count(), threading.Lock()
        entered = httpx.post(f"{site}/api/sign-in", json=account).raise_for_status()
        self.cookies, self.refreshed = dict(entered.cookies), time.monotonic()

    def ask(self, client: httpx.Client) -> httpx.Response:
        turn = next(self._turns)
        with self._lock:
            if time.monotonic() > self.refreshed + 1:
                return self.refresh(client)
        # Without the visitor's cookie: the next request may be another version's.
        client.cookies = httpx.Cookies(self.cookies)
        target = "/api/me" if turn % 2 else "/api/workspaces"
        return client.get(f"{self._site}{target}")

    def refresh(self, client: httpx.Client) -> httpx.Response:
        client.cookies = httpx.Cookies(self.cookies)
        answer = client.post(f"{self._site}/api/session")
        self.cookies, self.refreshed = {**self.cookies, **answer.cookies}, time.monotonic()
        return answer


def rotate(clone: Clone, generation: int) -> None:
    clone.pulumi("config", "set", "--path", "shoreline:keys.generation", str(generation))


def test_a_share_then_everybody_while_the_keys_are_rotated_and_the_release_before_is_drained_last(
    running: Clone,
) -> None:
    account = credentials(running.url)
    always, away = Visitor(running.url, account), Visitor(running.url, account)
    before = json.loads(running.pulumi("stack", "output", "--json"))
    for path, edit in (("api/app.py", "# edited"), ("web/public/style.css", ".edited { color: red }")):
        source = running.folder / "services" / path
        source.write_text(f"{source.read_text()}\n{edit}\n")
    rollout = {
        "percentage": 30, "version": before["version"], "serverRelease": before["serverRelease"]
    }  # fmt: skip
    running.pulumi("config", "set", "--plaintext", "shoreline:rollout", json.dumps(rollout))
    rotate(running, 2)
    with load(always.ask, seen=tier_of, pause=0.15) as found:
        running.shoreline("up")
        after = json.loads(running.pulumi("stack", "output", "--json"))
        assert live(running) == {before["serverRelease"], after["serverRelease"]}
        running.pulumi("preview", "--expect-no-changes")
        versions = before["version"], after["version"]
        for version, other in (versions, versions[::-1]):
            assert_serves_the_others_styles(running, version, other)
        assert_guests_stay(running, *versions, session=always.cookies["session"])
        # What the first keys signed is as good as before.
        with web_socket(running.url, f"session={away.cookies['session']}") as socket:
            assert {"type": "ready"} in (json.loads(socket.recv(timeout=10)) for _ in range(2))

        running.pulumi("config", "rm", "shoreline:rollout")
        assert set(planned_changes(running)) == {*EDGE_CHANGES - {VERSION}, "command:remote:Command"}
        running.shoreline("up")
        assert live(running) == {after["serverRelease"]}
        assert {Guest.of(running.url).version for _ in range(20)} == {after["version"]}

        rotate(running, 3)
        running.shoreline("up")
    assert found.failures == []
    assert found.saw("edge") > 20 and found.saw("api") > 20
    with httpx.Client(timeout=20) as client:
        assert always.refresh(client).status_code == 200
        assert away.refresh(client).status_code == 401
        stale = {"cookie": f"session={away.cookies['session']}"}
        assert httpx.get(f"{running.url}/api/me", headers=stale).status_code == 401

    rotate(running, 2)
    done = running.attempt("pulumi", "preview", "--non-interactive")
    assert done.returncode != 0
    said = done.stdout + done.stderr
    assert "shoreline:keys.generation: 2 is behind: generation 3 is in force" in said, said
    assert "Traceback" not in said and "1 errored" in said
    rotate(running, 3)
