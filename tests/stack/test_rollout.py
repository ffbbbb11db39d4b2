"""A new release for some of the visitors: both versions answer, each from its own release of the servers."""

import json
from collections import Counter

import httpx
import pytest

from tests.stack.changes import EDGE_CHANGES, planned_changes
from tests.support.clone import Clone

pytestmark = pytest.mark.slow

KEY = "cloudflare-workers-version-key"
VERSION = "cloudflare:index/workerVersion:WorkerVersion"


def answers(url: str, visitors: int) -> Counter[str]:
    """The Worker's versions, as so many visitors are answered by them."""
    found = (httpx.get(url, headers={KEY: f"visitor-{each}"}) for each in range(visitors))
    return Counter(answer.headers["x-release"] for answer in found if answer.status_code == 200)


def live(clone: Clone) -> set[str]:
    """The releases that the server's proxy may send requests to."""
    home = clone.folder / ".shoreline" / "cloud" / "servers" / "vps-1" / "home"
    return {path.parent.name for path in home.glob("shoreline/releases/*/live")}


def test_a_share_then_everybody_and_the_release_before_is_drained_last(running: Clone) -> None:
    before = json.loads(running.pulumi("stack", "output", "--json"))
    source = running.folder / "services" / "api" / "app.py"
    source.write_text(f"{source.read_text()}\n# edited\n")
    rollout = {
        "percentage": 30, "version": before["version"], "serverRelease": before["serverRelease"]
    }  # fmt: skip
    running.pulumi("config", "set", "--plaintext", "shoreline:rollout", json.dumps(rollout))
    running.shoreline("up")
    after = json.loads(running.pulumi("stack", "output", "--json"))
    assert live(running) == {before["serverRelease"], after["serverRelease"]}
    shared = answers(running.url, 100)
    assert set(shared) == {before["version"], after["version"]} and 10 <= shared[after["version"]] <= 55
    running.pulumi("preview", "--expect-no-changes")

    running.pulumi("config", "rm", "shoreline:rollout")
    assert set(planned_changes(running)) == {*EDGE_CHANGES - {VERSION}, "command:remote:Command"}
    running.shoreline("up")
    assert live(running) == {after["serverRelease"]}
    assert answers(running.url, 20) == {after["version"]: 20}
