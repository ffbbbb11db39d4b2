"""What the command does: bring the local cloud up, take it down, wipe it, start its daemon."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from infra.errors import UserError
from infra.localcloud import orphans, ports, running
from infra.localcloud.endpoints import Endpoints, UserErrors, raise_all
from infra.localcloud.lock import locked
from infra.localcloud.logs import log_file, tail
from infra.localcloud.running import DAEMON, MARKER, Running
from infra.localcloud.server import warden
from infra.paths import ROOT

HEALTHY_SECONDS = 30.0
STOP_SECONDS = 20.0
POLL_SECONDS = 0.05

PASSED_ON = frozenset(
    {
        "HOME",
        "LANG",
        "LC_ALL",
        "PATH",
        "PYTHONPATH",
        "SSL_CERT_FILE",
        "TMPDIR",
        "TZ",
        "USER",
        "UV_CACHE_DIR",
        "VIRTUAL_ENV",
        "XDG_CACHE_HOME",
    }
)
"""What the daemon and its children see of the caller's environment: there may be secrets in the rest."""


class StartError(Exception):
    """The daemon could not start for a reason that is not the user's; carries what it said."""


def up(data: Path, config: Path, die_with: int | None = None) -> dict[str, Any]:
    """Make the local cloud run as configured; returns its status.

    One that runs with other addresses or other code is restarted. `die_with` is a process to end with.
    Raises UserError, UserErrors, StartError.
    """
    endpoints = Endpoints.load(config)
    _own(data)
    with locked(data) as lock:
        _own(data)  # again: a reset may have come before
        present = Running.find(data)
        reason = present.differs(endpoints) if present else None
        if present and reason is None:
            status = _healthy(present)
            if status is not None:
                return status
            reason = "it is not healthy"
        if reason:
            _say(f"restarting the local cloud: {reason}")
        _stop(data)
        raise_all(ports.taken(endpoints))
        _start(data, config, lock, die_with)
        fresh = Running.find(data)
        if fresh is None:
            raise StartError(f"the daemon ended once it was up; the end of its log:\n{tail(data, DAEMON)}")
        return fresh.status()


def down(data: Path) -> list[str]:
    """Stop everything that runs on this data folder; returns the names of what ran.

    Raises StartError if anything stays.
    """
    if not data.is_dir():
        return []
    _own(data)
    with locked(data):
        return _stop(data)


def reset(data: Path) -> None:
    """Stop everything and delete the data folder."""
    if not data.is_dir():
        return
    _own(data)
    with locked(data):
        _stop(data)
        shutil.rmtree(data)


def _own(data: Path) -> None:
    """Make the folder, for its owner only; refuse one that has other things in it."""
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not (data / MARKER).exists():
        if any(entry.name != "run" for entry in data.iterdir()):
            raise UserError(str(data), "is no data folder of the local cloud", "name another with --data")
        (data / MARKER).touch()
    data.chmod(0o700)


def _healthy(present: Running) -> dict[str, Any] | None:
    """The status once all processes are up; None if that takes too long or the daemon doesn't answer."""
    deadline = time.monotonic() + HEALTHY_SECONDS
    while time.monotonic() < deadline:
        try:
            status = present.status()
        except OSError:
            return None
        if status["healthy"]:
            return status
        time.sleep(POLL_SECONDS)
    return None


def _stop(data: Path) -> list[str]:
    """Ask the daemon to stop in order, then end whatever is recorded and still there."""
    names = [entry.name for entry in orphans.recorded(data) if entry.process()]
    orphans.end(data, DAEMON, STOP_SECONDS)
    orphans.reap(data)
    warden.sweep_all(data)
    running.forget(data)
    left = [f"{entry.name} (pid {entry.pid})" for entry in orphans.recorded(data) if entry.process()]
    if left:
        raise StartError(f"{', '.join(left)} could not be ended")
    return names


def _start(data: Path, config: Path, lock: int, die_with: int | None) -> None:
    """Start the daemon, tell of its progress, return when it is up."""
    begun = time.perf_counter()
    reading, writing = os.pipe()
    argv = [sys.executable, "-m", ports.DAEMON]
    argv += ["--config", str(config.resolve()), "--data", str(data.resolve())]
    argv += ["--report", str(writing), "--lock", str(lock)]
    argv += [] if die_with is None else ["--die-with", str(die_with)]
    _say("starting the local cloud")
    with log_file(data, DAEMON) as output, os.fdopen(reading) as report:
        try:
            daemon = subprocess.Popen(
                argv,
                cwd=ROOT,
                env={name: value for name, value in os.environ.items() if name in PASSED_ON},
                pass_fds=(writing, lock),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        finally:
            os.close(writing)
        for event in map(json.loads, report):
            if _follow(event):
                _say(f"the local cloud is up after {time.perf_counter() - begun:.1f} s")
                return
    daemon.wait(STOP_SECONDS)
    raise StartError(f"the daemon ended before it was up; the end of its log:\n{tail(data, DAEMON)}")


def _follow(event: dict[str, Any]) -> bool:
    """True for the last event of a good start; raises what a bad one reports."""
    if "step" in event:
        _say(f"  {event['step']}: {event['seconds']:.1f} s")
    if "mistakes" in event:
        raise UserErrors("the local cloud cannot start", [UserError(*parts) for parts in event["mistakes"]])
    if "failure" in event:
        raise StartError(event["failure"])
    return "up" in event


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
