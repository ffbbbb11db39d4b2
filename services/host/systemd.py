"""The user's service manager, and our units in it: each release has its own, so that several run at once."""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from services.host.environment_file import write
from services.host.failures import Mishap
from services.host.programs import run

PREFIX = "shoreline-"
TUNNEL = f"{PREFIX}tunnel.service"
SERVICES = ("api", "realtime", "jobs", "front")

_INSTANCE = re.compile(rf"{PREFIX}(?P<name>[a-z]+)@(?P<release>[0-9a-f]+)\.service")
_SECONDS = 120.0
_LOG_LINES = 12


def template(name: str) -> str:
    """The unit's file in a release."""
    return f"{PREFIX}{name}@.service"


def unit(name: str, release: str) -> str:
    return f"{PREFIX}{name}@{release}.service"


def systemctl(*words: str) -> str:
    """Raises Mishap."""
    return run(["systemctl", "--user", *words], timeout=_SECONDS)


def units(folder: Path) -> dict[str, str]:
    """The text of each of our units in a folder, by its file's name."""
    return {path.name: path.read_text(encoding="utf-8") for path in folder.glob(f"{PREFIX}*.service")}


def installed(folder: Path, name: str) -> set[str]:
    """The releases whose unit of this name is in the folder."""
    found = (_INSTANCE.fullmatch(path.name) for path in folder.glob(f"{PREFIX}*.service"))
    return {match["release"] for match in found if match and match["name"] == name}


def install(wanted: Mapping[str, str], folder: Path) -> None:
    """Writes units, started at every boot from now on. Raises Mishap."""
    folder.mkdir(parents=True, exist_ok=True)
    there = units(folder)
    for name, text in wanted.items():
        if there.get(name) != text:
            write(folder / name, text)
    systemctl("daemon-reload")
    systemctl("enable", *sorted(wanted))


def remove(names: Iterable[str], folder: Path) -> None:
    """Stops units, all at once, and takes them away. Raises Mishap."""
    gone = sorted(name for name in names if (folder / name).exists())
    if gone:
        systemctl("disable", "--now", *gone)
        # One that was stopped as it started counts as failed, and would stay so without its file.
        systemctl("reset-failed", *gone)
        for name in gone:
            (folder / name).unlink()
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
