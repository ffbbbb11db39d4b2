"""Stamps: what a finished step was made from, and what has to be there for it still to stand."""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path


def digest(texts: Iterable[str] = (), files: Iterable[Path] = ()) -> str:
    """The SHA-256 of texts and of files' bytes, as 64 hex digits; a missing file counts as such."""
    sha = hashlib.sha256()
    for text in texts:
        sha.update(f"text {len(text)}\0{text}".encode())
    for file in files:
        try:
            content = file.read_bytes()
        except FileNotFoundError:
            sha.update(b"missing\0")
            continue
        sha.update(f"file {len(content)}\0".encode() + content)
    return sha.hexdigest()


class Stamp:
    """One step's stamp in a file of its own, so that two steps never write the same file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def holds(self, inputs: str) -> bool:
        """True while the step was made from these inputs and its outputs are as it left them."""
        try:
            stamp = json.loads(self.path.read_bytes())
            return bool(stamp["inputs"] == inputs) and all(
                _look(path) == seen for path, seen in stamp["outputs"].items()
            )
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return False

    def write(self, inputs: str, outputs: Sequence[Path]) -> None:
        """Record the step. Raises FileNotFoundError when it left an output out."""
        stamp = {"inputs": inputs, "outputs": {str(path): _look(str(path)) for path in outputs}}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        incoming = self.path.with_suffix(".incoming")
        incoming.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
        incoming.replace(self.path)

    def drop(self) -> None:
        """Forget the step: it is about to be made again."""
        self.path.unlink(missing_ok=True)


def _look(path: str) -> list[int]:
    """Size and time of what the path leads to; a folder, whose time means little, has to exist."""
    found = os.stat(path)  # noqa: PTH116 - on the way of every command, where Path costs
    return [found.st_size, found.st_mtime_ns] if found.st_mode & 0o170000 == 0o100000 else []
