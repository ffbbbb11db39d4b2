"""The user's service manager."""

from collections.abc import Mapping
from pathlib import Path

from services.host.environment_file import write
from services.host.failures import Mishap
from services.host.programs import run

PREFIX = "shoreline-"
TUNNEL = f"{PREFIX}tunnel.service"
JOBS = f"{PREFIX}jobs.service"

_SECONDS = 120.0
_LOG_LINES = 12


def systemctl(*words: str) -> str:
    """Raises Mishap."""
    return run(["systemctl", "--user", *words], timeout=_SECONDS)


def units(folder: Path) -> dict[str, str]:
    """Our units in a folder, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob(f"{PREFIX}*.service")}


def install(wanted: Mapping[str, str], folder: Path) -> None:
    """Makes these our only units in the folder; others of ours are stopped and removed. Raises Mishap."""
    folder.mkdir(parents=True, exist_ok=True)
    there = units(folder)
    gone = sorted(there.keys() - wanted.keys())
    if gone:
        systemctl("disable", "--now", *gone)
    for name in gone:
        (folder / name).unlink()
    for name, text in wanted.items():
        if there.get(name) != text:
            write(folder / name, text)
    systemctl("daemon-reload")


def active(unit: str) -> bool:
    return _shown(unit, "ActiveState") == "active"


def restarts(unit: str) -> int:
    """How often the manager started the unit again by itself since it was last told to."""
    count = _shown(unit, "NRestarts")
    return int(count) if count.isdigit() else 0


def _shown(unit: str, name: str) -> str:
    return systemctl("show", f"--property={name}", "--value", unit).strip()


def log(unit: str) -> str:
    """The last lines of a unit's log, as far as they can be had."""
    try:
        argv = ["journalctl", "--user", "--quiet", "--no-pager", f"--lines={_LOG_LINES}", f"--unit={unit}"]
        return run(argv, timeout=_SECONDS).strip()
    except Mishap as mishap:
        return str(mishap)
