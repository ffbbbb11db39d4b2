"""The processes of a unit or a server, found by what they inherit: there is no control group to ask."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import psutil

from infra.localcloud import orphans

PROC = Path("/proc")


def of_session(session: int | None, name: str, value: str) -> list[psutil.Process]:
    """Living processes of a session, or with this environment variable.

    One that gave up both, session and environment, is not found; the warden ends it with the server.
    """
    own = os.getpid()
    found = []
    for pid in psutil.pids():
        with contextlib.suppress(OSError, psutil.Error):
            if pid != own and (os.getsid(pid) == session or _inherits(pid, name, value)):
                process = psutil.Process(pid)
                if orphans.lives(process):
                    found.append(process)
    return found


def with_variable(name: str, value: str) -> list[psutil.Process]:
    return of_session(None, name, value)


def kill_all(find: Iterator[list[psutil.Process]]) -> None:
    """SIGKILL to all that each look finds, until a look finds none."""
    for found in find:
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.Error):
                process.kill()
        psutil.wait_procs(found, timeout=1)


def memory(processes: list[psutil.Process]) -> int:
    """Bytes of memory in use, a page that several share counted once among them."""
    total = 0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            full = process.memory_full_info()
            total += int(getattr(full, "pss", full.uss))
    return total


def _inherits(pid: int, name: str, value: str) -> bool:
    if PROC.is_dir():
        return f"{name}={value}".encode() in (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    return psutil.Process(pid).environ().get(name) == value
