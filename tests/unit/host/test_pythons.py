"""The services' Python environment: exact commands, made once, made again when it is incomplete or broken."""

import sys
from pathlib import Path

import pytest

from services.host import pythons
from services.host.failures import Mishap

FOLDER, LOCK = Path("/e/1"), Path("/r/requirements.lock")

HASHED = "--require-hashes -r /r/requirements.lock"


def shown(argv: list[list[str | Path]]) -> list[str]:
    return [" ".join(str(word).replace(sys.executable, "python3") for word in words) for words in argv]


def test_an_environment_is_made_by_pip_with_hashes() -> None:
    assert shown(pythons.commands(FOLDER, LOCK, None)) == [
        "python3 -m venv /e/1",
        f"/e/1/bin/python -m pip install --quiet --no-input --disable-pip-version-check {HASHED}",
    ]


def test_an_environment_is_made_by_uv_with_hashes_where_it_is() -> None:
    assert shown(pythons.commands(FOLDER, LOCK, "/usr/bin/uv")) == [
        "/usr/bin/uv venv --quiet --python python3 /e/1",
        f"/usr/bin/uv pip install --quiet --compile-bytecode --python /e/1/bin/python {HASHED}",
    ]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The environments that are made, each a link to this Python."""
    found: list[Path] = []

    def link(folder: Path, _lock: Path, _uv: str | None) -> list[list[str | Path]]:
        found.append(folder)
        return [["mkdir", "-p", folder / "bin"], ["ln", "-s", sys.executable, folder / "bin" / "python"]]

    monkeypatch.setattr(pythons, "commands", link)
    return found


def test_an_environment_is_made_once_for_a_lock(tmp_path: Path, made: list[Path]) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("one==1\n")
    first = pythons.environment(tmp_path / "environments", lock)
    assert pythons.environment(tmp_path / "environments", lock) == first
    lock.write_text("one==2\n")
    assert pythons.environment(tmp_path / "environments", lock) != first
    assert len(made) == 2


def test_a_broken_environment_is_made_again(tmp_path: Path, made: list[Path]) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("")
    folder = pythons.environment(tmp_path, lock)
    (folder / "complete").unlink()
    pythons.environment(tmp_path, lock)
    (folder / "bin" / "python").unlink()
    pythons.environment(tmp_path, lock)
    assert made == [folder] * 3


def test_an_installation_that_fails_is_not_taken_for_complete(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = tmp_path / "requirements.lock"
    lock.write_text("")
    failing: list[list[str | Path]] = [["sh", "-c", "echo hashes do not match >&2; exit 1"]]
    monkeypatch.setattr(pythons, "commands", lambda *_: failing)
    with pytest.raises(Mishap, match=r"(?s)sh failed with exit status 1:.*hashes do not match"):
        pythons.environment(tmp_path, lock)
    assert not (tmp_path / pythons.digest(lock) / "complete").exists()
