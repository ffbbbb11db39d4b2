"""A state lock is dropped only if its host is this one and its process is dead."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil
import pytest

from infra.cli.recovery.locks import drop_dead_locks, names_dead_locks
from infra.errors import UserError


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[int]:
    """The id of a living process that has the engine's name."""
    program = tmp_path / "bin" / "pulumi"
    program.parent.mkdir()
    sleep = shutil.which("sleep")
    assert sleep is not None
    shutil.copy(sleep, program)
    process = subprocess.Popen([program, "60"])
    yield process.pid
    process.kill()
    process.wait()


def write_lock(backend: Path, *, pid: int, host: str, taken: datetime) -> Path:
    path = backend / ".pulumi" / "locks" / "organization" / "shoreline" / "dev" / "1.json"
    path.parent.mkdir(parents=True)
    path.write_text(
        json.dumps({"pid": pid, "username": "ada", "hostname": host, "timestamp": taken.isoformat()})
    )
    return path


NOW = datetime.now(UTC)
HERE = socket.gethostname()


def test_the_lock_of_a_dead_process_of_this_host_is_dropped(tmp_path: Path) -> None:
    lock = write_lock(tmp_path, pid=dead_pid(), host=HERE, taken=NOW)
    assert drop_dead_locks(tmp_path.as_uri(), "dev") == 1
    assert not lock.exists()


def test_the_lock_of_a_living_engine_is_kept(tmp_path: Path, engine: int) -> None:
    lock = write_lock(tmp_path, pid=engine, host=HERE, taken=datetime.now(UTC))
    with pytest.raises(
        UserError, match=rf"stack dev: another update holds the state lock \(ada@{HERE}, process"
    ):
        drop_dead_locks(tmp_path.as_uri(), "dev")
    assert lock.exists()


def test_the_lock_is_dropped_if_its_number_was_given_to_a_later_engine(tmp_path: Path, engine: int) -> None:
    write_lock(tmp_path, pid=engine, host=HERE, taken=NOW - timedelta(days=400))
    assert drop_dead_locks(tmp_path.as_uri(), "dev") == 1


def test_the_lock_is_dropped_if_its_number_was_given_to_another_program(tmp_path: Path) -> None:
    write_lock(tmp_path, pid=os.getpid(), host=HERE, taken=datetime.now(UTC))
    assert drop_dead_locks(tmp_path.as_uri(), "dev") == 1


def test_the_lock_of_another_host_is_kept_even_if_no_process_has_its_number(tmp_path: Path) -> None:
    lock = write_lock(tmp_path, pid=dead_pid(), host="elsewhere", taken=NOW)
    with pytest.raises(UserError, match="ada@elsewhere"):
        drop_dead_locks(tmp_path.as_uri(), "dev")
    assert lock.exists()


def test_a_lock_whose_writer_was_killed_halfway_is_dropped(tmp_path: Path) -> None:
    lock = write_lock(tmp_path, pid=1, host=HERE, taken=NOW)
    lock.write_text('{"pid": 1')
    assert drop_dead_locks(tmp_path.as_uri(), "dev") == 1


def test_other_stacks_and_other_backends_are_left_alone(tmp_path: Path) -> None:
    lock = write_lock(tmp_path, pid=dead_pid(), host=HERE, taken=NOW)
    assert drop_dead_locks(tmp_path.as_uri(), "prod") == 0
    assert drop_dead_locks("s3://bucket", "dev") == 0
    assert lock.exists()


def test_the_lock_of_a_killed_engine_that_its_parent_has_not_asked_for_is_dropped(
    tmp_path: Path, engine: int
) -> None:
    write_lock(tmp_path, pid=engine, host=HERE, taken=datetime.now(UTC))
    os.kill(engine, signal.SIGKILL)
    process = psutil.Process(engine)
    while process.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.001)
    assert drop_dead_locks(tmp_path.as_uri(), "dev") == 1


def test_what_the_engine_says_of_locks_tells_whether_all_are_dead(engine: int) -> None:
    """As v3.259.0 says it, of a bucket."""

    def said(*holders: tuple[str, int]) -> str:
        path, since = "s3://state/.pulumi/locks/organization/shoreline/prod", datetime.now(UTC).isoformat()
        lines = (f"  {path}/1.json: created by ada@{host} (pid {pid}) at {since}" for host, pid in holders)
        return "\n".join([f"error: the stack is currently locked by {len(holders)} lock(s).", *lines])

    here, dead = socket.gethostname(), dead_pid()
    assert names_dead_locks(said((here, dead)))
    assert not names_dead_locks(said((here, dead), (here, engine)))
    assert not names_dead_locks(said(("elsewhere", dead)))
    assert not names_dead_locks("error: no such stack")
