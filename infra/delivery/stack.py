"""The stack as a deploy needs it: previewed, brought up with a share for the new version, read."""

import json
import re
from dataclasses import dataclass
from typing import Any

from infra.cli import engine, recovery
from infra.delivery.records import Serving

_DIAGNOSTICS = re.compile(
    r"^Diagnostics:\n(?P<told>.*?)(?=^(Resources|Outputs|Duration):|\Z)", re.MULTILINE | re.DOTALL
)
_NOISE = re.compile(
    r"stand-in plugin|error: update failed|error: preview failed|pulumi:pulumi:Stack|command:remote"
    r'|"tier":"|^\s*$'
)
_CAUSE = re.compile(r"release [0-9a-f]{16}: ")
"""What the server says of a release that does not work (services/host)."""
_LAST_LINES = 15
_ROLLOUT = "shoreline:rollout"


class StackFailed(Exception):
    """What the engine says of it, without its noise."""


@dataclass(frozen=True)
class Share:
    """The new version's `percentage`; the rest is for what served before."""

    percentage: int
    before: Serving

    def setting(self) -> str:
        before = {"version": self.before.version, "serverRelease": self.before.server_release}
        return json.dumps({"percentage": self.percentage, **before})


def preview() -> None:
    """Raises StackFailed."""
    _pulumi("preview")


def up(share: Share | None = None) -> None:
    """Without a share the new version answers everybody. Raises StackFailed."""
    if share is None:
        _pulumi("config", "rm", _ROLLOUT)
    else:
        _pulumi("config", "set", "--plaintext", _ROLLOUT, share.setting())
    _pulumi("up", "--yes", "--skip-preview")


def outputs() -> dict[str, Any]:
    """Nothing before the first `up`."""
    found: dict[str, Any] = json.loads(engine.read("stack", "output", "--json"))
    return found


def worker() -> str:
    """The Worker's name."""
    return str(json.loads(engine.read("config", "get", "shoreline:edge"))["name"])


def serving() -> Serving | None:
    """What the last `up` that ended well made, whatever its share."""
    found = outputs()
    if "version" not in found:
        return None
    return Serving(version=found["version"], server_release=found["serverRelease"])


def answering() -> set[str]:
    """The versions of the Worker that the deployment gives a share."""
    return {
        version["versionId"]
        for resource in _resources(":WorkersDeployment")
        for version in resource["outputs"].get("versions") or []
        if version["percentage"] > 0
    }


def applied() -> set[str]:
    """The migrations that the database has."""
    return {
        entry["name"]
        for resource in _resources(":Migrations")
        for entry in resource["outputs"].get("applied") or []
    }


def keep_keys() -> None:
    """The keys only move forward: what an older tree says of them becomes what is in force."""
    for ring in _resources(":KeyRing")[:1]:
        for name in ("generation", "revoked"):
            engine.read("config", "set", "--path", f"shoreline:keys.{name}", str(int(ring["inputs"][name])))


def _resources(kind: str) -> list[dict[str, Any]]:
    found = engine.export()["deployment"].get("resources") or []
    return [each for each in found if str(each["type"]).endswith(kind) and not each.get("delete")]


def _pulumi(*words: str) -> None:
    done = engine.attempt(*words)
    if done.returncode != 0 and recovery.names_dead_locks(done.stderr):
        # Of a backend whose files can't be looked at beforehand.
        engine.read("cancel", "--yes")
        done = engine.attempt(*words)
    if done.returncode != 0:
        raise StackFailed(told(done.stdout, done.stderr))


def told(output: str, errors: str) -> str:
    """The diagnostics of what the engine said, without its noise."""
    found = _DIAGNOSTICS.search(output)
    lines = (found["told"] if found else f"{output}\n{errors}").splitlines()
    last = [line.strip() for line in lines if not _NOISE.search(line)][-_LAST_LINES:]
    # The cause comes first: what the log said before is there for who needs it.
    return "\n".join(sorted(last, key=lambda line: not _CAUSE.match(line)))
