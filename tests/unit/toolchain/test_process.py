"""Running a tool: one message for a failure, and no tool that outlives a killed run."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from infra.errors import UserError
from infra.paths import ROOT
from infra.toolchain.process import answer, run

RUNNER = """
import os, sys
from pathlib import Path
from infra.toolchain.process import run
note = f"pathlib.Path({sys.argv[1]!r}).write_text(str(os.getpid()))"
tool = f"import os, pathlib, signal; {note}; signal.pause()"
log = Path(sys.argv[2])
run([sys.executable, "-c", tool], log=log, cwd=log.parent, environ=os.environ, remedy="")
"""


def wait_for(condition: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no parent-death signal")
def test_a_tool_ends_with_a_killed_run(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    with subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(noted), str(tmp_path / "log")], cwd=ROOT
    ) as runner:
        wait_for(lambda: noted.exists() and noted.read_text(), "the tool did not start")
        pid = int(noted.read_text())
        os.kill(runner.pid, signal.SIGKILL)
    wait_for(lambda: not running(pid), "the tool outlived its run")


def running(pid: int) -> bool:
    """Whether the process lives; one that only waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_failure_shows_the_logs_end(tmp_path: Path) -> None:
    script = "for i in $(seq 50); do echo line $i; done; exit 3"
    with pytest.raises(UserError) as failed:
        run(["sh", "-c", script], log=tmp_path / "log", cwd=tmp_path, environ=os.environ, remedy="Try again.")
    assert failed.value.where == str(tmp_path / "log")
    assert failed.value.what == "sh failed with exit code 3"
    assert "Try again. The log ends with:" in failed.value.remedy
    assert "line 50" in failed.value.remedy
    assert "line 38" not in failed.value.remedy


def test_a_tool_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="sleep did not finish within 0 s"):
        run(["sleep", "60"], log=tmp_path / "log", cwd=tmp_path, environ=os.environ, remedy="", timeout=0.1)


def test_a_missing_tool_is_a_message(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be run: No such file"):
        run([tmp_path / "none"], log=tmp_path / "log", cwd=tmp_path, environ=os.environ, remedy="")


def test_an_answer_is_a_tools_first_line(tmp_path: Path) -> None:
    assert answer(["sh", "-c", "echo v1; echo more"], os.environ) == "v1"
    assert answer(["false"], os.environ) is None
    assert answer([tmp_path / "none"], os.environ) is None
