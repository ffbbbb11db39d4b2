"""Whether a new version may answer more visitors: errors and times, beside those of the version before.

Of requests of the gate's own, aimed at both versions through the whole way in; and of what visitors meet
(visitors.py), where ENOUGH of them come while it looks.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx


@dataclass(frozen=True)
class Probe:
    """A request that changes nothing, and the status that it must get."""

    method: str
    path: str
    expected: int
    cookie: str = ""

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


_NO_SESSION = "session=none; __Host-session=none"
PROBES = (
    Probe("GET", "/", 200),
    Probe("GET", "/api/notes", 200),
    Probe("GET", "/api/me", 401, _NO_SESSION),
    Probe("DELETE", "/api/session", 204),
)
"""An asset, a query at the edge, what reads a session there, and a way to a server."""
ROUNDS = 10
TOLERATED_ERRORS = 0.02
"""By how much the share of errors may be higher than that of the version before."""
SLOWER, SLACK_MS = 2.0, 250.0
"""A probe is slow if its median is above that of the version before both by the factor and by the slack."""

OVERRIDE = "cloudflare-workers-version-overrides"
"""Workers gradual deployments docs, 2026-11-23: aims a request at a version, whatever its share."""

PROBE_AGENT = "shoreline-gate"
"""Tells the gate's own requests from those of visitors."""
ENOUGH = 100
"""Requests of visitors to each version, below which they say too little: then the gate's own decide."""
LOOKED_SECONDS = 10.0
"""For how long visitors are looked at, at most, if as many are to be expected."""

_TIMEOUT_SECONDS = 15.0
_LONGEST_WAIT = 10.0
_PATIENCE = 3
"""How often a request is made again that was one too many."""


@dataclass
class Figures:
    """Of one version. `problems`: what was wrong with each request that failed."""

    ms: dict[str, list[float]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def requests(self) -> int:
        return sum(map(len, self.ms.values()))

    @property
    def errors(self) -> float:
        """As a share."""
        return len(self.problems) / max(1, self.requests)

    def median(self, probe: str) -> float:
        return statistics.median(self.ms[probe])

    def add(self, probe: str, ms: float, problem: str | None) -> None:
        self.ms.setdefault(probe, []).append(ms)
        if problem is not None:
            self.problems.append(f"{probe}: {problem}")


def objection(new: Figures, old: Figures | None) -> str | None:
    """Why the new version must not answer more visitors; None if it may."""
    allowed = (old.errors if old else 0.0) + TOLERATED_ERRORS
    if new.errors > allowed:
        compared = f", against {old.errors:.0%} of the version before" if old else ""
        most = max(set(new.problems), key=new.problems.count)
        return f"{new.errors:.0%} of {new.requests} requests to the new version failed{compared}: {most}"
    for probe in new.ms if old else ():
        assert old is not None
        mine, former = new.median(probe), old.median(probe)
        if mine > former * SLOWER and mine > former + SLACK_MS:
            return (
                f"{probe} takes {mine:.0f} ms on the new version, against {former:.0f} ms on the one before"
            )
    return None


def told(new: Figures, old: Figures | None) -> str:
    """The figures in a line."""
    medians = (
        f"{probe} {new.median(probe):.0f}" + (f"/{old.median(probe):.0f} ms" if old else " ms")
        for probe in new.ms
    )
    return f"{new.requests} requests, {len(new.problems)} failed; {', '.join(medians)}"


def measure(url: str, worker: str, versions: Sequence[str], rounds: int = ROUNDS) -> list[Figures]:
    """The figures of each version; their requests take turns: the machine's mood falls on all alike."""
    figures = [Figures() for _ in versions]
    headers = {"user-agent": PROBE_AGENT}
    with httpx.Client(base_url=url, headers=headers, timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        for _ in range(rounds):
            for probe in PROBES:
                for version, found in zip(versions, figures, strict=True):
                    found.add(str(probe), *_ask(client, probe, worker, version))
    return figures


def is_worth_waiting(new: Figures, seconds: float) -> bool:
    """Whether visitors have still to be looked at: after so many seconds, ENOUGH will have come in time."""
    expected = new.requests * LOOKED_SECONDS / max(seconds, 1.0)
    return new.requests < ENOUGH <= expected and seconds < LOOKED_SECONDS


def _ask(client: httpx.Client, probe: Probe, worker: str, version: str) -> tuple[float, str | None]:
    """Its time in ms, and what was wrong with it."""
    headers = {OVERRIDE: f'{worker}="{version}"', "cookie": probe.cookie}
    started, problem = time.monotonic(), None
    try:
        answer = client.request(probe.method, probe.path, headers=headers)
        for _ in range(_PATIENCE):
            if answer.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            # Says nothing of the version as long as it is this address that asks too often.
            time.sleep(_wait(answer))
            started = time.monotonic()
            answer = client.request(probe.method, probe.path, headers=headers)
        if answer.status_code != probe.expected:
            problem = f"status {answer.status_code}"
        elif (answered_by := answer.headers.get("x-release")) != version:
            problem = f"answered by version {answered_by}"
    except httpx.HTTPError as error:
        problem = type(error).__name__
    return (time.monotonic() - started) * 1000, problem


def _wait(answer: httpx.Response) -> float:
    """Seconds. A moment, the other form of Retry-After (RFC 9110, 10.2.3), is not looked at."""
    seconds = answer.headers.get("retry-after", "")
    return min(float(seconds), _LONGEST_WAIT) if seconds.isdecimal() else 1.0
