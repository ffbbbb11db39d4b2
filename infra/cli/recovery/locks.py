"""State locks of engines that are dead (Pulumi's file backend, `backend/diy/lock.go` of v3.259.0).

A lock is dropped only if it was taken on this host by an engine that no longer runs; any other is somebody's.
"""

import re
import socket
from datetime import datetime
from pathlib import Path

import psutil
from pydantic import BaseModel, ConfigDict, ValidationError

from infra.cli.recovery.state import state_folder
from infra.errors import UserError

_ENGINE = "pulumi"
_HOLDER = re.compile(
    r"created by (?P<username>\S+)@(?P<hostname>\S+) \(pid (?P<pid>\d+)\) at (?P<timestamp>\S+)"
)
_CLOCK_SECONDS = 60.0
"""By how much a change of the machine's clock may make a process look younger than it is."""


class Lock(BaseModel):
    """The content of a lock file."""

    model_config = ConfigDict(frozen=True)

    pid: int
    username: str
    hostname: str
    timestamp: datetime


def is_dead(lock: Lock) -> bool:
    """Whether the lock's holder certainly ended: it was on this host, where no such engine runs."""
    if lock.hostname != socket.gethostname():
        return False
    try:
        process = psutil.Process(lock.pid)
        younger = process.create_time() - lock.timestamp.timestamp()
        ended = process.status() == psutil.STATUS_ZOMBIE or process.name() != _ENGINE
        return ended or younger > _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return True


def drop_dead_locks(backend: str, stack: str) -> int:
    """Drops the dead locks of the stack and returns how many there were.

    `backend` is the state backend's URL; only files can be looked at.
    Raises UserError for a lock that is in force.
    """
    folder = state_folder(backend)
    dropped = 0
    for path in folder.glob(f"locks/**/{stack}/*.json") if folder else ():
        lock = _read(path)
        if lock is not None and not is_dead(lock):
            since = lock.timestamp.isoformat(" ", "seconds")
            holder = f"{lock.username}@{lock.hostname}, process {lock.pid}, since {since}"
            remedy = "Wait until it ends; if it can't still be running, `pulumi cancel` drops its lock"
            raise UserError(f"stack {stack}", f"another update holds the state lock ({holder})", remedy)
        path.unlink(missing_ok=True)
        dropped += 1
    return dropped


def names_dead_locks(errors: str) -> bool:
    """Whether the engine was refused the stack by locks, and each of them is dead."""
    found = [Lock.model_validate(each.groupdict()) for each in _HOLDER.finditer(errors)]
    return bool(found) and all(is_dead(lock) for lock in found)


def _read(path: Path) -> Lock | None:
    """The lock, or None for a file whose writer was killed halfway."""
    try:
        return Lock.model_validate_json(path.read_bytes())
    except ValidationError:
        return None
