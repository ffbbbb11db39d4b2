"""Records of running processes by pid and birth, so that none outlives the local cloud unseen."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

KILL_SECONDS = 5.0
POLL_SECONDS = 0.01


@dataclass(frozen=True)
class Recorded:
    name: str
    pid: int
    birth: str

    def process(self) -> psutil.Process | None:
        """The living process of this record; None if it is gone or its pid belongs to another by now."""
        try:
            process = psutil.Process(self.pid)
            return process if birth(self.pid) == self.birth and lives(process) else None
        except (psutil.Error, OSError):
            return None


def birth(pid: int) -> str:
    """What tells a process from a later one of the same pid. Raises psutil.Error or OSError if there is none.

    On Linux the boot and the clock ticks since then, which no setting of the clock moves (proc(5), field 22).
    """
    if sys.platform != "linux":
        return str(psutil.Process(pid).create_time())
    boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return f"{boot} {fields[19]}"


def write_private(path: Path, text: str) -> None:
    """Write a file atomically, readable by its owner only."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    fresh.replace(path)


def record(data: Path, name: str, pid: int) -> None:
    """Note a process that has just been started; one that has ended already is not noted."""
    with contextlib.suppress(psutil.Error, OSError):
        write_private(_path(data, name), json.dumps({"pid": pid, "birth": birth(pid)}))


def forget(data: Path, name: str) -> None:
    _path(data, name).unlink(missing_ok=True)


def recorded(data: Path) -> list[Recorded]:
    """All records; one that cannot be read is dropped, as it is never written in part."""
    found = []
    for path in sorted((data / "run" / "pids").glob("*.json")):
        with contextlib.suppress(ValueError, KeyError, OSError):
            entry = json.loads(path.read_text())
            found.append(Recorded(path.stem, int(entry["pid"]), str(entry["birth"])))
    return found


def end(data: Path, name: str, grace: float) -> None:
    """Terminate one recorded process and wait for its end, at most `grace` seconds."""
    for entry in recorded(data):
        process = entry.process() if entry.name == name else None
        if process is not None:
            with contextlib.suppress(psutil.Error):
                process.terminate()
            _await_end([process], grace)


def reap(data: Path) -> list[str]:
    """Kill every recorded process that still lives, and its descendants; returns the names of those found."""
    living = [(entry.name, process) for entry in recorded(data) if (process := entry.process())]
    doomed = [process for _, parent in living for process in (parent, *_children(parent))]
    for process in doomed:
        with contextlib.suppress(psutil.Error):
            process.kill()
    _await_end(doomed, KILL_SECONDS)
    for entry in recorded(data):
        if entry.process() is None:
            forget(data, entry.name)
    return [name for name, _ in living]


def lives(process: psutil.Process) -> bool:
    """False also for a zombie: it has ended, though its parent, perhaps init, has not asked yet."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _await_end(processes: Sequence[psutil.Process], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while any(map(lives, processes)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.Error:
        return []


def _path(data: Path, name: str) -> Path:
    return data / "run" / "pids" / f"{name}.json"
