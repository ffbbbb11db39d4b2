"""Server processes for tests: started, awaited, and gone when the test is, even one that was killed."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import psutil

from infra.localcloud.process import die_with

T = TypeVar("T")

DEADLINE = 30.0
"""Seconds after which whatever a test waits for counts as not happening."""


def until(found: Callable[[], T | None], what: str = "", deadline: float = DEADLINE) -> T:
    """The first value of `found()` that is true; AssertionError with `what` after `deadline` seconds."""
    end = time.monotonic() + deadline
    while not (value := found()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline:g} s: {what or found}")
        time.sleep(0.01)
    return value


@contextmanager
def running(
    argv: Sequence[str | Path],
    *,
    log: Path,
    env: Mapping[str, str] | None = None,
    pass_fds: Sequence[int] = (),
) -> Iterator[subprocess.Popen[bytes]]:
    """A child process with its output in `log`; killed at the end, or with the test process."""
    with log.open("ab") as output:
        child = subprocess.Popen(
            [str(part) for part in argv],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env=env,
            pass_fds=pass_fds,
            preexec_fn=die_with(os.getpid()),  # noqa: PLW1509 - all it needs is looked up before the fork
        )
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def listening_port(child: subprocess.Popen[bytes], log: Path) -> int:
    """The TCP port that the child listens on, once it does."""

    def port() -> int | None:
        if child.poll() is not None:
            raise AssertionError(f"{child.args!r} ended with {child.returncode}:\n{log.read_text()[-2000:]}")
        for connection in psutil.Process(child.pid).net_connections(kind="tcp"):
            if connection.status == psutil.CONN_LISTEN:
                return int(connection.laddr.port)
        return None

    return until(port, f"{child.args!r} listens")
