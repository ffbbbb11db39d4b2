"""`systemd-analyze verify` of user units in a staged home: it needs no running systemd."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path


def stage(home: Path, units: Iterable[Path], programs: Iterable[str]) -> Path:
    """Copy units to where a user's manager looks, and make the programs they start, relative to the home.

    A program that is there already is left as it is. Returns the folder of the units.
    """
    folder = home / ".config" / "systemd" / "user"
    folder.mkdir(parents=True, exist_ok=True)
    for unit in units:
        shutil.copyfile(unit, folder / unit.name)
    for program in programs:
        path = home / program
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_text("#!/bin/sh\n")
            path.chmod(0o755)
    return folder


def verify(home: Path, names: Iterable[str]) -> list[str]:
    """What systemd says against these units of a staged home: nothing if they are right.

    Raises FileNotFoundError where there is no systemd-analyze.
    """
    folder = home / ".config" / "systemd" / "user"
    with tempfile.TemporaryDirectory() as runtime:  # short: other units make socket names of it
        done = subprocess.run(
            ["systemd-analyze", "--user", "--man=no", "verify", *(str(folder / name) for name in names)],
            env={
                "HOME": str(home),
                "XDG_RUNTIME_DIR": runtime,
                "PATH": os.environ["PATH"],
                "LANG": "C.UTF-8",
            },
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    said = [line for line in done.stderr.splitlines() if line.strip()]
    return said or ([f"exit status {done.returncode}"] if done.returncode else [])
