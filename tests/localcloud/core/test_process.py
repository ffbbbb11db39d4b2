"""A supervised child: ready, restarted, stopped with all it started, recorded for the next start."""

import asyncio
import json
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from infra.localcloud import logs, orphans
from infra.localcloud.process import Process, ProcessFailed
from tests.support.process import until

SLEEPER = "import pathlib, signal; print('begun', flush=True); pathlib.Path('here').touch(); signal.pause()"
PARENT = f"""
import pathlib, signal, subprocess, sys
child = subprocess.Popen([sys.executable, '-c', {SLEEPER!r}])
pathlib.Path('child').write_text(str(child.pid))
signal.pause()
"""


def _process(data: Path, code: str = SLEEPER) -> Process:
    async def ready() -> bool:
        return (data / "here").exists()

    return Process("sleeper", [sys.executable, "-c", code], directory=data, ready=ready, address="nowhere")


def test_a_dead_child_is_started_again_and_its_output_kept(tmp_path: Path) -> None:
    async def scenario() -> None:
        process = _process(tmp_path)
        await process.start()
        first = process.status()
        assert first.pid is not None
        (tmp_path / "here").unlink()
        psutil.Process(first.pid).kill()
        await _until_ready(process, restarts=1)
        second = process.status()
        assert second.pid != first.pid
        assert second.address == "nowhere"
        await process.stop()
        assert process.status().pid is None

    asyncio.run(scenario())
    assert logs.tail(tmp_path, "sleeper") == "begun\nbegun"
    assert orphans.recorded(tmp_path) == []


async def _until_ready(process: Process, restarts: int) -> None:
    async with asyncio.timeout(20):
        while process.status().since is None or process.status().restarts < restarts:  # noqa: ASYNC110 - no event
            await asyncio.sleep(0.01)


def test_a_child_that_dies_at_once_fails_the_start_with_its_log(tmp_path: Path) -> None:
    process = _process(tmp_path, "raise SystemExit('no such table')")
    with pytest.raises(ProcessFailed, match="no such table"):
        asyncio.run(process.start())
    assert process.status().pid is None


def test_stopping_ends_what_the_child_started_and_what_ignores_it(tmp_path: Path) -> None:
    stubborn = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); {PARENT}"

    async def scenario() -> int:
        process = _process(tmp_path, stubborn)
        await process.start()
        await process.stop(grace=0.1)
        return int((tmp_path / "child").read_text())

    grandchild = asyncio.run(scenario())
    until(lambda: not _lives(grandchild))


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and orphans.lives(psutil.Process(pid))


def test_an_orphan_is_ended_by_its_record(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER], cwd=tmp_path) as orphan:
        orphans.record(tmp_path, "orphan", orphan.pid)
        assert orphans.reap(tmp_path) == ["orphan"]
        assert orphan.wait(5) != 0
    assert orphans.recorded(tmp_path) == []


def test_a_stranger_with_a_recorded_pid_is_left_alone(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", SLEEPER], cwd=tmp_path) as stranger:
        orphans.record(tmp_path, "gone", stranger.pid)
        record = tmp_path / "run" / "pids" / "gone.json"
        record.write_text(json.dumps({**json.loads(record.read_text()), "birth": "another"}))
        assert orphans.reap(tmp_path) == []
        assert stranger.poll() is None
        stranger.kill()


def test_a_log_beyond_its_limit_is_begun_afresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "LIMIT_BYTES", 10)
    for line in (b"first, and long\n", b"second\n"):
        with logs.log_file(tmp_path, "chatty") as file:
            file.write(line)
    assert logs.log_path(tmp_path, "chatty").read_bytes() == b"second\n"
    assert (tmp_path / "logs" / "chatty.log.1").read_bytes() == b"first, and long\n"
