"""The per-user cache: folders that appear whole or not at all, made by one process at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from infra.toolchain.progress import Progress


def cache_folder(environ: Mapping[str, str]) -> Path:
    """The user's cache folder of Shoreline (XDG base directories)."""
    base = environ.get("XDG_CACHE_HOME", "")
    home = Path(base) if os.path.isabs(base) else Path(environ.get("HOME") or Path.home()) / ".cache"  # noqa: PTH117
    return home / "shoreline"


@contextmanager
def locked(path: Path, progress: Progress) -> Iterator[None]:
    """Hold the lock file `path`, waiting for its holder. The kernel frees it when a holder dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with progress.step(f"waiting for another run that holds {path}"):
                fcntl.flock(file, fcntl.LOCK_EX)
        yield


def place(folder: Path, make: Callable[[Path], None], progress: Progress) -> Path:
    """Return `folder`; where it is missing, let `make` fill a new folder and rename that to it.

    What a killed `make` left is removed by the next one.
    """
    if folder.is_dir():
        return folder
    with locked(folder.with_name(f"{folder.name}.lock"), progress):
        if not folder.is_dir():
            incoming = folder.with_name(f"{folder.name}.incoming")
            remove(incoming)
            incoming.mkdir(parents=True)
            try:
                make(incoming)
                incoming.rename(folder)
            finally:
                remove(incoming)
    return folder


def swap(incoming: Path, folder: Path) -> None:
    """Put `incoming` in the place of `folder`, which may exist."""
    outgoing = incoming.with_name(f"{incoming.name}.outgoing")
    remove(outgoing)
    if folder.exists():
        folder.rename(outgoing)
    incoming.rename(folder)
    remove(outgoing)


def remove(folder: Path) -> None:
    """Remove a folder that may be missing."""
    if folder.exists():
        shutil.rmtree(folder)


def size(folder: Path) -> int:
    """Bytes that the files below a folder hold."""
    return sum(
        entry.lstat().st_size
        for parent, _, names in os.walk(folder)
        for entry in (Path(parent) / name for name in names)
    )
