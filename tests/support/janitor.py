"""Cleans up a clone once the tests' process is gone: `python -m tests.support.janitor PID FOLDER`."""

import contextlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil


def main(pid: int, folder: Path) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).wait()
    if folder.exists():
        environment = {**os.environ, "PYTHONPATH": str(folder)}
        argv = [sys.executable, "-m", "infra.localcloud", "reset", "--yes"]
        subprocess.run(argv, cwd=folder, env=environment, check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]))
