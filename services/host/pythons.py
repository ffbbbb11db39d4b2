"""The services' Python environment: made once for each lock file, with every package's hash checked."""

import hashlib
import shutil
import sys
from pathlib import Path

from services.host.failures import Mishap
from services.host.programs import run

OLDEST = (3, 11)
LOCK = "requirements.lock"

_COMPLETE = "complete"
_MINUTES = 60.0
_INSTALL_SECONDS = 15 * _MINUTES


def environment(environments: Path, lock: Path) -> Path:
    """The folder of the environment for `lock`, made unless it is there and works. Raises Mishap."""
    folder = environments / digest(lock)
    if not _works(folder):
        _make(folder, lock)
    return folder


def digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()[:16]


def _works(folder: Path) -> bool:
    """False for one whose making was broken off, or whose Python has gone with an upgrade of the host."""
    if not (folder / _COMPLETE).exists():
        return False
    try:
        run([folder / "bin" / "python", "-c", ""], timeout=_MINUTES)
    except Mishap:
        return False
    return True


def _make(folder: Path, lock: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    for argv in commands(folder, lock, shutil.which("uv")):
        run(argv, timeout=_INSTALL_SECONDS)
    (folder / _COMPLETE).touch()


def commands(folder: Path, lock: Path, uv: str | None) -> list[list[str | Path]]:
    """What makes an environment, with uv where the host has it."""
    python = folder / "bin" / "python"
    if uv:
        install: list[str | Path] = [uv, "pip", "install", "--quiet", "--compile-bytecode"]
        return [
            [uv, "venv", "--quiet", "--python", sys.executable, folder],
            [*install, "--python", python, "--require-hashes", "-r", lock],
        ]
    quiet: list[str | Path] = ["--quiet", "--no-input", "--disable-pip-version-check"]
    return [
        [sys.executable, "-m", "venv", folder],
        [python, "-m", "pip", "install", *quiet, "--require-hashes", "-r", lock],
    ]
