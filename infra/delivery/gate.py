"""Whether a new version may answer more visitors: errors and times, beside those of the version before.

Of requests of the gate's own, aimed at both versions through the whole way in; and of what visitors meet
(visitors.py), where ENOUGH of them come while it looks.
"""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import httpx

PROBES = (("GET", "/"), ("GET", "/api/notes"), ("DELETE", "/api/session"))
"""An asset, a query at the edge, and a way to a server: none changes anything, or needs a session."""
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
            for method, path in PROBES:
                for version, found in zip(versions, figures, strict=True):
                    found.add(f"{method} {path}", *_ask(client, method, path, worker, version))
    return figures


def is_worth_waiting(new: Figures, seconds: float) -> bool:
    """Whether visitors have still to be looked at: after so many seconds, ENOUGH will have come in time."""
    expected = new.requests * LOOKED_SECONDS / max(seconds, 1.0)
    return new.requests < ENOUGH <= expected and seconds < LOOKED_SECONDS


def _ask(client: httpx.Client, method: str, path: str, worker: str, version: str) -> tuple[float, str | None]:
    """Its time in ms, and what was wrong with it."""
    started, problem = time.monotonic(), None
    try:
        answer = client.request(method, path, headers={OVERRIDE: f'{worker}="{version}"'})
        if answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
            # Says nothing of the version: it is this address that asks too often.
            time.sleep(min(float(answer.headers.get("retry-after", 1)), _LONGEST_WAIT))
            return _ask(client, method, path, worker, version)
        if answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
            problem = f"status {answer.status_code}"
        elif (answered_by := answer.headers.get("x-release")) != version:
            problem = f"answered by version {answered_by}"
    except httpx.HTTPError as error:
        problem = type(error).__name__
    return (time.monotonic() - started) * 1000, problem
