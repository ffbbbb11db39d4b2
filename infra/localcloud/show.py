"""What the command prints: the table of what runs where, and the logs of all or some."""

import re
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.errors import UserError
from infra.localcloud.redact import redact

POLL_SECONDS = 0.2
LINES = 200
ABOVE = "console line(s) above"
"""In the line that the edge writes after a Worker's (cloudflare/router/tail.ts)."""
TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z?")


def table(status: dict[str, Any]) -> str:
    """Name, pid, address, since and restarts of the daemon, its control planes and its processes."""
    daemon = status["daemon"]
    rows = [("NAME", "PID", "ADDRESS", "SINCE", "RESTARTS")]
    pid, since = str(daemon["pid"]), _clock(daemon["since"])
    rows += [(f"{vendor['name']} API", pid, vendor["address"], since, "0") for vendor in status["vendors"]]
    for process in status["processes"]:
        pid = "-" if process["pid"] is None else str(process["pid"])
        since = "starting" if process["since"] is None else _clock(process["since"])
        rows.append((process["name"], pid, process["address"] or "-", since, str(process["restarts"])))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def logs(data: Path, names: Sequence[str], *, follow: bool) -> Iterator[str]:
    """The logs' last lines merged by time, each after its log's name; then new ones, if asked for."""
    paths = _chosen(data, names)
    width = max((len(path.stem) for path in paths), default=0)
    offsets: dict[Path, int] = {}
    merged: list[tuple[str, str]] = []
    for path in paths:
        content = path.read_bytes()
        offsets[path] = len(content)
        merged += _stamped(path.stem.ljust(width), content, path.stat().st_mtime)
    for _, line in sorted(merged, key=lambda entry: entry[0])[-LINES:]:
        yield line
    while follow:
        time.sleep(POLL_SECONDS)
        for path in _chosen(data, names):
            content, offsets[path] = _beyond(path, offsets.get(path, 0))
            for _, line in _stamped(path.stem.ljust(width), content, 0.0):
                yield line


def _chosen(data: Path, names: Sequence[str]) -> list[Path]:
    present = {path.stem: path for path in sorted((data / "logs").glob("*.log"))}
    for name in names:
        if name not in present:
            known = ", ".join(present) or "none yet"
            raise UserError(f"logs {name}", "there is no such log", f"choose of these: {known}")
    return [present[name] for name in names or present]


def _beyond(path: Path, offset: int) -> tuple[bytes, int]:
    """Whole lines after the offset, and the offset after these; a log that shrank is read from its start."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(offset if offset <= size else 0)
        start = file.tell()
        content = file.read()
    whole = content[: content.rfind(b"\n") + 1]
    return whole, start + len(whole)


def _stamped(name: str, content: bytes, written: float) -> list[tuple[str, str]]:
    """Lines with the time that they or the line before them carry; without any, when the log was `written`.

    A Worker's lines carry none: the one after them, which says whose they are, does.
    """
    lines = content.decode("utf-8", "replace").splitlines()
    found = [TIMESTAMP.match(line) for line in lines]
    stamp = next((match[0] for match in found if match), datetime.fromtimestamp(written, UTC).isoformat())
    stamps: list[str] = []
    bare = 0
    for line, match in zip(lines, found, strict=True):
        if match:
            stamp = match[0]
            if ABOVE in line:
                stamps[len(stamps) - bare :] = [stamp] * bare
        bare = 0 if match else bare + 1
        stamps.append(stamp)
    return [(stamp, f"{name} | {redact(line)}") for stamp, line in zip(stamps, lines, strict=True)]


def _clock(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def confirmed(question: str) -> bool:
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")
