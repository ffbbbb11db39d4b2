"""The process above a server: whatever ends it, and however, nothing of the server is left.

As the subreaper of all that runs on the server it inherits every process whose parent has died, so its
descendants are the server's processes. SIGKILL is the one end it cannot act on: then the kernel kills the
supervisor and the services' main processes by their parent-death signals, and the rest is swept at the
next start. It imports little, allocates little and does nothing else.
"""

import contextlib
import ctypes
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import psutil

from infra.localcloud.process import die_with
from infra.localcloud.server import members
from infra.localcloud.server.layout import Layout

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def guard(layout: Layout, host: Callable[[], int]) -> int:
    """Run `host` in a child process; returns its exit status once nothing of the server is left."""
    above = os.getppid()
    _be_subreaper()
    sweep(layout)
    child = _fork(host)
    if os.getppid() != above:
        _end(layout)
        return 1

    def told(number: int, _: FrameType | None) -> None:
        if os.getppid() != above:  # the daemon was killed: nobody waits for an orderly end
            _end(layout)
            os._exit(1)
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, number)

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    status = _wait(child)
    _end(layout)
    return os.waitstatus_to_exitcode(status)


def _be_subreaper() -> None:
    if sys.platform == "linux":
        prctl = ctypes.CDLL(None, use_errno=True).prctl
        prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


def _fork(host: Callable[[], int]) -> int:
    bind = die_with(os.getpid())
    child = os.fork()
    if child:
        return child
    if bind:
        bind()
    sys.exit(host())


def _wait(child: int) -> int:
    while True:
        pid, status = os.wait()
        if pid == child:
            return status


def sweep_all(data: Path) -> None:
    """End what any server of a data folder left; for when no daemon runs."""
    for folder in (data.resolve() / "servers").glob("*"):
        sweep(layout := Layout(data.resolve(), folder.name, ""))
        shutil.rmtree(layout.runtime, ignore_errors=True)


def sweep(layout: Layout) -> None:
    """End what an earlier life of this server left."""

    def look() -> Iterator[list[psutil.Process]]:
        while True:
            yield members.with_variable("XDG_RUNTIME_DIR", str(layout.runtime))

    members.kill_all(look())


def _end(layout: Layout) -> None:
    def look() -> Iterator[list[psutil.Process]]:
        while True:
            children = psutil.Process().children(recursive=True)
            _reap()
            yield [process for process in children if process.is_running()]

    members.kill_all(look())
    if sys.platform != "linux":
        sweep(layout)
    shutil.rmtree(layout.runtime, ignore_errors=True)


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
