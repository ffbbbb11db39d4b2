"""Waiting until the services of a release work, by what they themselves answer."""

import itertools
import json
import time
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from services.host.failures import Mishap
from services.host.systemd import JOBS, restarts

DEADLINE = 60.0
"""Seconds that a service may take."""

_PAUSE = 0.1
_ANSWER_SECONDS = 2.0
_MOST_RESTARTS = 3
_LOOKS_PER_QUESTION = 10
"""The manager is asked less often than the service."""


@dataclass(frozen=True)
class Sign:
    """How to see that a unit works: it answers on a loopback `port`, or it makes a `file`."""

    unit: str
    port: int | None = None
    file: Path | None = None


def signs(environment: Mapping[str, str], run: Path) -> list[Sign]:
    """Raises Mishap for an environment without ports."""
    found = []
    for name in ("API", "REALTIME"):
        port = environment.get(f"{name}_PORT", "")
        if not port.isdigit():
            raise Mishap(f"the environment holds no {name}_PORT")
        found.append(Sign(f"shoreline-{name.lower()}.service", port=int(port)))
    return [*found, Sign(JOBS, file=run / "jobs.heartbeat")]


class Unhealthy(Mishap):
    """A unit that does not work."""

    def __init__(self, unit: str, what: str) -> None:
        super().__init__(f"{unit} {what}")
        self.unit = unit


def wait(found: list[Sign], release: str, deadline: float = DEADLINE) -> None:
    """Returns once every unit works in this release. Raises Unhealthy."""
    end = time.monotonic() + deadline
    for sign in found:
        _wait(sign, release, end, deadline)


def _wait(sign: Sign, release: str, end: float, deadline: float) -> None:
    for look in itertools.count():
        lacking = _lacking(sign, release)
        if lacking is None:
            return
        if look % _LOOKS_PER_QUESTION == 0 and (count := restarts(sign.unit)) >= _MOST_RESTARTS:
            raise Unhealthy(sign.unit, f"ended {count} times right after its start")
        if time.monotonic() > end:
            raise Unhealthy(sign.unit, f"does not work {deadline:g} s after its start: {lacking}")
        time.sleep(_PAUSE)


def _lacking(sign: Sign, release: str) -> str | None:
    if sign.port is not None:
        return _wrong_answer(sign.port, release)
    if sign.file is not None and not sign.file.exists():
        return "it gives no sign of life"
    return None


def _wrong_answer(port: int, release: str) -> str | None:
    url = f"http://127.0.0.1:{port}/healthz"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=_ANSWER_SECONDS) as answer:
            said = json.load(answer)
    except (OSError, ValueError) as error:
        return f"{url}: {error}"
    served = said.get("release") if isinstance(said, dict) else None
    return None if served == release else f"{url} answers for release {served}"
