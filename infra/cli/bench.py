"""`make bench`: an unchanged `up` beside that of a program which only imports the same packages.

The two run in turn, so that the machine's mood falls on both; the ratio is taken pair by pair.
"""

import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from infra.cli import engine
from infra.cli.steps import say
from infra.errors import UserError
from infra.paths import ROOT

_PAIRS = 5
_BASELINE = "bench-imports"
_PROGRAM = '''"""Imports what Shoreline's program imports, and declares nothing."""

import httpx
import pulumi
import pulumi_cloudflare
import pydantic
'''


def bench() -> None:
    if not engine.stack_exists():
        raise UserError("make bench", "there is no stack to measure", "Run `make up` first")
    with tempfile.TemporaryDirectory(prefix="shoreline-bench-") as folder:
        baseline = Path(folder)
        _write_baseline(baseline)
        _pulumi(baseline, "stack", "init", _BASELINE)
        try:
            _pulumi(baseline, "up", "--stack", _BASELINE, "--yes", "--skip-preview")
            pairs = [
                (_seconds(_up_of(ROOT, engine.stack())), _seconds(_up_of(baseline, _BASELINE)))
                for _ in _counted()
            ]
        finally:
            _pulumi(baseline, "stack", "rm", _BASELINE, "--yes", "--force", "--remove-backups")
    _report(pairs)


def _counted() -> range:
    say(f"· {_PAIRS} pairs of an unchanged `up` and the `up` of a program that only imports")
    return range(_PAIRS)


def _write_baseline(folder: Path) -> None:
    (folder / "infra").mkdir()
    (folder / "infra" / "__main__.py").write_text(_PROGRAM)
    (folder / "Pulumi.yaml").write_bytes((ROOT / "Pulumi.yaml").read_bytes())
    (folder / ".venv").symlink_to(ROOT / ".venv")


def _pulumi(folder: Path, *arguments: str) -> None:
    done = subprocess.run(
        ["pulumi", *arguments, "--non-interactive"], cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise UserError(
            f"pulumi {arguments[0]}", done.stderr.strip() or done.stdout.strip(), "Run `make up` first"
        )


def _up_of(folder: Path, stack: str) -> Callable[[], None]:
    return lambda: _pulumi(folder, "up", "--stack", stack, "--yes", "--skip-preview", "--expect-no-changes")


def _seconds(action: Callable[[], None]) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def _report(pairs: list[tuple[float, float]]) -> None:
    ours, imports = zip(*pairs, strict=True)
    ratios = [a / b for a, b in pairs]
    for name, figures in (("unchanged up, s", ours), ("imports only, s", imports), ("ratio", ratios)):
        low, middle, high = min(figures), statistics.median(figures), max(figures)
        print(f"{name:18} min {low:6.2f}   median {middle:6.2f}   max {high:6.2f}")
