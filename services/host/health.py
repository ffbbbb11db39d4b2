"""Waiting until the services of a release work, by what they themselves answer."""

import http.client
import itertools
import json
import os
import socket
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from services.host.failures import Mishap
from services.host.layout import run
from services.host.systemd import restarts, unit

DEADLINE = 60.0
"""Seconds that a service may take."""

_PAUSE = 0.1
_ANSWER_SECONDS = 2.0
_MOST_RESTARTS = 3
_LOOKS_PER_QUESTION = 10
"""The manager is asked less often than the service."""


@dataclass(frozen=True)
class Sign:
    """How to see that a unit works: it answers on a `socket`, or it makes a `file`."""

    unit: str
    socket: Path | None = None
    file: Path | None = None


def signs(release: Path) -> list[Sign]:
    answering = [
        Sign(unit(name, release.name), run(release) / f"{name}.sock") for name in ("api", "realtime", "front")
    ]
    return [*answering, Sign(unit("jobs", release.name), file=run(release) / "jobs.heartbeat")]


class Unhealthy(Mishap):
    """A unit that does not work."""

    def __init__(self, unit: str, what: str) -> None:
        super().__init__(f"{unit} {what}")
        self.unit = unit


def wait(found: Iterable[Sign], release: str, deadline: float = DEADLINE) -> None:
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
    if sign.socket is not None:
        return _wrong_answer(sign.socket, release)
    if sign.file is not None and not sign.file.exists():
        return "it gives no sign of life"
    return None


def _wrong_answer(path: Path, release: str) -> str | None:
    try:
        status, body = _ask(path)
        said = json.loads(body)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return f"/healthz: {error}"
    if status != http.client.OK:
        return f"/healthz answers with status {status}"
    served = said.get("release") if isinstance(said, dict) else None
    return None if served == release else f"/healthz answers for release {served}"


def _ask(path: Path) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("localhost", timeout=_ANSWER_SECONDS)
    connection.sock = socket.socket(socket.AF_UNIX)
    try:
        connection.sock.settimeout(_ANSWER_SECONDS)
        # From here: the whole path may be too long for a socket's address.
        connection.sock.connect(os.path.relpath(path))
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
