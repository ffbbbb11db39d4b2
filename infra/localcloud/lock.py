"""One command at a time on a data folder, also while its daemon is still starting."""

import fcntl
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.errors import UserError

WAIT_SECONDS = 180.0
POLL_SECONDS = 0.05


@contextmanager
def locked(data: Path) -> Iterator[int]:
    """Hold the folder's lock for the block; yields its descriptor.

    A process that inherits the descriptor holds the lock too, until it closes it: so a daemon whose command
    was killed still keeps others away until it is ready. Raises UserError after three minutes of waiting.
    """
    path = data / "run" / "lock"
    descriptor = _acquire(path, time.monotonic() + WAIT_SECONDS)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _acquire(path: Path, deadline: float) -> int:
    told = False
    while time.monotonic() < deadline:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            if not told:
                print("waiting for another command on this local cloud", file=sys.stderr, flush=True)
                told = True
            time.sleep(POLL_SECONDS)
            continue
        if _still_there(path, descriptor):
            return descriptor
        os.close(descriptor)  # a reset removed the file meanwhile: the lock is on nothing
    held = f"another command has held it for {WAIT_SECONDS:.0f} s"
    raise UserError(str(path), held, "look for it with `ps`, end it, try again")


def _still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.path.samestat(path.stat(), os.fstat(descriptor))
    except FileNotFoundError:
        return False
