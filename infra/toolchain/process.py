"""Running a tool: its output goes to a log, and a failure becomes one message with the log's end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from infra.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

TAIL = 12
"""Lines of the log in a failure's message."""


def run(
    argv: Sequence[object],
    *,
    log: Path,
    cwd: Path,
    environ: Mapping[str, str],
    remedy: str,
    timeout: float | None = None,
) -> None:
    """Run `argv`, its output to `log`.

    Raises UserError with the log's end when it fails or takes over `timeout` seconds.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    what = os.path.basename(str(argv[0]))  # noqa: PTH119
    with log.open("wb") as output:
        try:
            code = subprocess.run(
                [str(part) for part in argv],
                cwd=cwd,
                env=environ,
                stdin=subprocess.DEVNULL,
                preexec_fn=_end_with_parent(),
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=timeout,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            raise UserError(str(log), f"{what} did not finish within {timeout:.0f} s", remedy) from None
        except OSError as error:
            raise UserError(str(argv[0]), f"cannot be run: {error.strerror}", remedy) from None
    if code != 0:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-TAIL:]
        ending = "\n  ".join(["The log ends with:", *lines])
        raise UserError(str(log), f"{what} failed with exit code {code}", f"{remedy} {ending}")


def _end_with_parent() -> Callable[[], None] | None:
    """What the tool's process does first: ask Linux to end it when this process is killed."""
    if sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None)
    end_with_parent = 1  # PR_SET_PDEATHSIG of linux/prctl.h

    def ask() -> None:
        libc.prctl(end_with_parent, signal.SIGTERM)

    return ask


def answer(argv: Sequence[str | Path], environ: Mapping[str, str], cwd: Path | None = None) -> str | None:
    """The first line a tool prints, None when it can't be run, fails or takes over 30 s."""
    try:
        done = subprocess.run(
            argv,
            cwd=cwd,
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    return lines[0].strip() if done.returncode == 0 and lines else None
