"""The log files of the daemon and its children: appended, bounded, one older file kept beside each."""

import os
import shutil
from pathlib import Path
from typing import BinaryIO

LIMIT_BYTES = 8 * 1024 * 1024
TAIL_LINES = 15


def log_path(data: Path, name: str) -> Path:
    return data / "logs" / f"{name}.log"


def log_file(data: Path, name: str) -> BinaryIO:
    """The log opened for appending, begun afresh if it has grown beyond its limit."""
    path = log_path(data, name)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    trim(data, name)
    return os.fdopen(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600), "wb")


def trim(data: Path, name: str) -> None:
    """Move a log beyond its limit to `<name>.log.1`: copied and emptied, as its writers keep it open."""
    path = log_path(data, name)
    try:
        if path.stat().st_size <= LIMIT_BYTES:
            return
    except FileNotFoundError:
        return
    older = path.with_name(f"{path.name}.1")
    shutil.copyfile(path, older)
    older.chmod(0o600)
    os.truncate(path, 0)


def tail(data: Path, name: str, lines: int = TAIL_LINES) -> str:
    """The last lines of a log; empty if there is none."""
    try:
        with log_path(data, name).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - 64 * 1024))
            return "\n".join(file.read().decode("utf-8", "replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""
