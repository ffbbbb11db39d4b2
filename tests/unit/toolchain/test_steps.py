"""Stamps: a step is made again when its inputs change or its outputs are gone, and not otherwise."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.errors import UserError
from infra.toolchain.setup import Setup
from infra.toolchain.stamps import Stamp, digest
from infra.toolchain.steps import ensure, missing


@dataclass
class Recorded:
    """A step that writes its output and counts how often."""

    output: Path
    key: str = "one"
    made: list[str] = field(default_factory=list)
    fails: bool = False

    name = "recorded"

    def inputs(self, setup: Setup) -> str:
        return digest([str(setup.root), self.key])

    def build(self, setup: Setup) -> list[Path]:
        self.made.append(self.key)
        if self.fails:
            raise RuntimeError("broken")
        self.output.write_text(self.key)
        return [self.output]


@pytest.fixture
def step(tmp_path: Path) -> Recorded:
    return Recorded(tmp_path / "output")


def test_a_finished_step_is_not_made_again(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    ensure(setup, [step])
    assert step.made == ["one"]


def test_a_cache_that_cannot_be_written_is_told_with_what_to_do(setup: Setup, step: Recorded) -> None:
    setup.cache.write_text("a file, where a folder has to be")
    with pytest.raises(UserError) as mistake:
        ensure(setup, [step])
    assert (mistake.value.where, mistake.value.what) == (str(setup.cache), "can't be written: File exists")
    assert "XDG_CACHE_HOME" in mistake.value.remedy and step.made == []


def test_changed_inputs_make_it_again(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    step.key = "two"
    ensure(setup, [step])
    assert step.made == ["one", "two"]


def test_a_deleted_output_makes_it_again(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    step.output.unlink()
    ensure(setup, [step])
    assert step.output.exists()


def test_a_link_that_leads_nowhere_makes_it_again(setup: Setup, step: Recorded, tmp_path: Path) -> None:
    ensure(setup, [step])
    step.output.rename(tmp_path / "target")
    step.output.symlink_to(tmp_path / "target")
    assert missing(setup, [step]) == []
    (tmp_path / "target").unlink()
    assert missing(setup, [step]) == [step]


def test_a_changed_output_makes_it_again(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    step.output.write_text("something else")
    assert missing(setup, [step]) == [step]


def test_a_moved_clone_makes_it_again(setup: Setup, step: Recorded, tmp_path: Path) -> None:
    ensure(setup, [step])
    setup.root.rename(tmp_path / "moved")
    moved = Setup(root=tmp_path / "moved", cache=setup.cache, environ=setup.environ)
    assert missing(moved, [step]) == [step]


def test_a_step_that_fails_over_a_finished_one_counts_as_missing(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    step.key, step.fails = "two", True
    with pytest.raises(RuntimeError):
        ensure(setup, [step])
    step.key = "one"
    assert missing(setup, [step]) == [step]


def test_steps_named_again_are_made_again(setup: Setup, step: Recorded) -> None:
    ensure(setup, [step])
    ensure(setup, [step], again=frozenset({"recorded"}))
    assert step.made == ["one", "one"]


@pytest.mark.parametrize("content", ["", "{", "[]", '{"inputs": 1}', '{"inputs": "x", "outputs": null}'])
def test_a_broken_stamp_counts_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "stamp").write_text(content)
    assert not Stamp(tmp_path / "stamp").holds("x")
