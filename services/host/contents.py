"""A release's id: a hash of its files' names and contents, the same wherever and whenever it is taken."""

import hashlib
from pathlib import Path

MADE_ON_THE_SERVER = frozenset({"environment", "live", "python", "run"})
"""What activation adds to a release's folder, beside names that begin with a dot."""

_LENGTH = 16


def files(folder: Path) -> list[str]:
    """The files of a release below its folder, sorted, as paths with slashes."""
    names = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return sorted(name.as_posix() for name in names if _belongs(name))


def _belongs(name: Path) -> bool:
    made = name.parts[0] in MADE_ON_THE_SERVER or name.parts[0].startswith(".")
    return not made and "__pycache__" not in name.parts


def identify(folder: Path) -> str:
    """16 hexadecimal digits of the SHA-256 over every file's name and content."""
    whole = hashlib.sha256()
    for name in files(folder):
        digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        whole.update(f"{digest} {name}\n".encode())
    return whole.hexdigest()[:_LENGTH]
