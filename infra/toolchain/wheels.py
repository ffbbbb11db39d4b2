"""Tools that come as wheels from the user's Python index: uv, and where they are missing Node and Go."""

from __future__ import annotations

import ast
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from infra.errors import UserError
from infra.toolchain.cache import place
from infra.toolchain.process import run
from infra.toolchain.stamps import digest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infra.toolchain.setup import Setup

INDEX_REMEDY = (
    "See that the Python package index can be reached (pip's own settings are honoured), then run it again."
)

UV_NAMES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "cert": "SSL_CERT_FILE",
}
"""pip's settings, and uv's variables for the same (uv's documentation, "Environment variables")."""


def base_python() -> Path:
    """The interpreter below any virtual environment that this process runs in."""
    return Path(getattr(sys, "_base_executable", sys.executable))


def locked_version(lock: Path) -> str:
    """The version of the first package in a lock file."""
    found = re.search(r"^[\w.-]+==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise ValueError(f"{lock} locks nothing")
    return found[1]


def uv(setup: Setup) -> Path:
    """The pinned uv, installed into the user's cache by pip with checked hashes."""
    lock = setup.folder / "bootstrap.lock"
    folder = setup.cache / f"uv-{locked_version(lock)}-{digest([sys.platform], [lock])[:12]}"

    def make(incoming: Path) -> None:
        with setup.progress.step(f"uv {locked_version(lock)}"):
            pip = _pip(setup, incoming)
            argv = [*pip, "install", "--quiet", "--no-deps", "--only-binary=:all:", "--require-hashes"]
            argv += ["--target", str(incoming / "uv"), "-r", str(lock)]
            run(argv, log=setup.log("uv"), cwd=setup.root, environ=setup.environ, remedy=INDEX_REMEDY)

    return place(folder, make, setup.progress) / "uv" / "bin" / "uv"


def _pip(setup: Setup, incoming: Path) -> list[str]:
    """The interpreter's own pip, else one in a virtual environment below `incoming`."""
    python = str(base_python())
    if importlib.util.find_spec("pip") is not None and sys.prefix == sys.base_prefix:
        return [python, "-m", "pip"]
    if importlib.util.find_spec("ensurepip") is None:
        raise UserError(
            python,
            "this Python has neither pip nor ensurepip",
            "Install its venv package (Debian: python3-venv).",
        )
    venv = incoming / "pip"
    argv = [python, "-m", "venv", str(venv)]
    remedy = "Install Python's venv package (Debian: python3-venv)."
    run(argv, log=setup.log("pip"), cwd=setup.root, environ=setup.environ, remedy=remedy)
    return [str(venv / "bin" / "python"), "-m", "pip"]


def wheel_tool(setup: Setup, name: str, into: Path | None = None) -> Path:
    """Install the tool that `<name>.lock` pins, into the user's cache or `into`; returns its folder."""
    lock = setup.folder / f"{name}.lock"
    version = locked_version(lock)
    folder = into or setup.cache / f"{name}-{version}-{digest([sys.platform], [lock])[:12]}"

    def make(incoming: Path) -> None:
        argv = [
            uv(setup),
            "pip",
            "install",
            "--quiet",
            "--no-deps",
            "--only-binary=:all:",
            "--require-hashes",
        ]
        argv += ["--link-mode=copy", "--python", base_python(), "--target", incoming, "-r", lock]
        with setup.progress.step(f"{name} {version}"):
            run(
                argv,
                log=setup.log(name),
                cwd=setup.root,
                environ=uv_environment(setup.environ),
                remedy=INDEX_REMEDY,
            )

    return place(folder, make, setup.progress)


def uv_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: what pip was told about indexes, in uv's names. uv's own settings win."""
    told: dict[str, str] = {}
    listing = subprocess.run(
        [base_python(), "-m", "pip", "config", "list"],
        env=dict(environ),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for line in listing.stdout.splitlines():
        key, _, value = line.partition("=")
        if name := UV_NAMES.get(key.rpartition(".")[2]):
            told[name] = " ".join(str(ast.literal_eval(value)).split())
    return {**told, **environ}
