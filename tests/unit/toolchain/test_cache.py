"""The cache: whole folders or none, whoever is killed, however many run."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from infra.paths import ROOT
from infra.toolchain.cache import cache_folder, place, swap
from infra.toolchain.progress import Progress
from tests.unit.toolchain.conftest import Transcript

MAKER = """
import sys, signal
from pathlib import Path
from infra.toolchain.cache import place
from infra.toolchain.progress import Progress

def make(incoming):
    (incoming / "half").write_text("half")
    print("half", flush=True)
    if sys.argv[2] == "hang":
        signal.pause()
    with open(sys.argv[1] + ".made", "a") as made:
        made.write("x")
    (incoming / "whole").write_text("whole")

place(Path(sys.argv[1]), make, Progress())
"""


def maker(folder: Path, how: str) -> subprocess.Popen[str]:
    argv = [sys.executable, "-c", MAKER, str(folder), how]
    return subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def test_a_killed_run_leaves_a_usable_cache(tmp_path: Path, transcript: Transcript) -> None:
    folder = tmp_path / "tool"
    with maker(folder, "hang") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "half\n"
        process.send_signal(signal.SIGKILL)
    assert not folder.exists()

    def make(incoming: Path) -> None:
        assert list(incoming.iterdir()) == []
        (incoming / "whole").write_text("whole")

    place(folder, make, Progress(transcript))
    assert [entry.name for entry in folder.iterdir()] == ["whole"]


def test_two_runs_at_once_make_a_folder_once(tmp_path: Path) -> None:
    folder = tmp_path / "tool"
    runs = [maker(folder, "make") for _ in range(3)]
    for process in runs:
        process.communicate(timeout=60)
        assert process.returncode == 0
    assert (tmp_path / "tool.made").read_text() == "x"
    assert (folder / "whole").read_text() == "whole"


def test_a_failed_run_leaves_no_folder(tmp_path: Path, transcript: Transcript) -> None:
    def make(incoming: Path) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        place(tmp_path / "tool", make, Progress(transcript))
    assert [entry.name for entry in tmp_path.iterdir()] == ["tool.lock"]


def test_a_folder_takes_another_ones_place(tmp_path: Path) -> None:
    for name in ("old", "new"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    swap(tmp_path / "new", tmp_path / "old")
    assert [str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")] == ["old", "old/new"]


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({"XDG_CACHE_HOME": "/caches", "HOME": "/home/me"}, "/caches/shoreline"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/shoreline"),
        ({"HOME": "/home/me"}, "/home/me/.cache/shoreline"),
    ],
)
def test_the_cache_lies_where_xdg_says(environ: dict[str, str], folder: str) -> None:
    assert os.fspath(cache_folder(environ)) == folder
