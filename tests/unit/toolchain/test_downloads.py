"""Downloads that can't be had: given up soon, remembered for a day."""

import socket
import time
from pathlib import Path

import pytest

from infra.toolchain.downloads import FORGET, Failures, UnreachableError, fetch_file, fetch_text
from tests.unit.toolchain.conftest import ReleaseHost


def test_a_host_that_never_answers_is_given_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        started = time.monotonic()
        with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:\d+: (no answer|timed out)"):
            fetch_text(f"http://127.0.0.1:{silent.getsockname()[1]}/", deadline=0.2)
        assert time.monotonic() - started < 5


def test_an_error_names_host_and_reason(release_host: ReleaseHost) -> None:
    with pytest.raises(UnreachableError, match=r"^127\.0\.0\.1:\d+: Not Found$"):
        fetch_text(f"{release_host.url}/missing")


def test_a_failed_file_is_unreachable_too(release_host: ReleaseHost, tmp_path: Path) -> None:
    with pytest.raises(UnreachableError):
        fetch_file(f"{release_host.url}/missing", tmp_path / "file")


def test_a_failure_is_remembered_for_a_day(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "downloads.json"
    Failures(file).add("x")
    assert Failures(file).recent("x")
    assert not Failures(file).recent("y")
    assert not Failures(file, retry=True).recent("x")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + FORGET + 1)
    assert not Failures(file).recent("x")


def test_a_success_forgets_the_failure(tmp_path: Path) -> None:
    failures = Failures(tmp_path / "downloads.json")
    failures.add("x")
    failures.drop("x")
    assert not failures.recent("x")


def test_a_broken_memory_counts_as_empty(tmp_path: Path) -> None:
    (tmp_path / "downloads.json").write_text("[")
    assert not Failures(tmp_path / "downloads.json").recent("x")
