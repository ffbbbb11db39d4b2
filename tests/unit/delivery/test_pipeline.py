"""What becomes of a deploy whose step fails, without a stack."""

import errno
from pathlib import Path

import pytest

from infra.delivery import pipeline, stack
from infra.delivery.pipeline import Deploy
from infra.delivery.records import Records, Release, Result, Serving, now

ONE, TWO = (Serving(version=each, server_release=each * 2) for each in "ab")


@pytest.fixture
def records(tmp_path: Path) -> Records:
    return Records(tmp_path / "releases")


def release(number: int, **fields: object) -> Release:
    about = {"id": f"r{number}", "commit": f"{number}" * 40, "subject": "", "who": "Ada", "began": now()}
    return Release.model_validate({**about, **fields})


def answering(monkeypatch: pytest.MonkeyPatch, *serving: Serving) -> None:
    """The last of them is what the last `up` made."""
    monkeypatch.setattr(pipeline, "prepare_stack", lambda: None)
    monkeypatch.setattr(stack, "preview", lambda: None)
    monkeypatch.setattr(stack, "answering", lambda: {each.version for each in serving})
    monkeypatch.setattr(stack, "serving", lambda: serving[-1])


def test_a_full_disk_is_told_in_a_line_and_ends_the_deploy(
    records: Records, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "release")

    monkeypatch.setattr(pipeline, "_CHECKS", ())
    monkeypatch.setattr(pipeline, "build_edge", full)
    assert not Deploy(records, release(1)).run()
    [ended] = records.all()
    assert (ended.result, ended.step) == ("failed", "build") and "No space left on device" in ended.reason
    assert "✗ build: [Errno 28] No space left on device: 'release'" in capsys.readouterr().err


def test_where_nothing_could_be_gone_back_to_nothing_is_begun(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    answering(monkeypatch, ONE)
    with pytest.raises(pipeline.StepFailed, match="is in no record"):
        Deploy(records, release(1)).preview()


@pytest.mark.parametrize(
    ("step", "answers", "result", "before"),
    [
        ("roll out", (TWO,), "deployed", TWO),
        ("roll out", (ONE, TWO), "interrupted", ONE),
        ("deploy", (ONE, TWO), "interrupted", ONE),
        ("verify", (TWO,), "interrupted", TWO),
    ],
)
def test_after_a_kill_a_deploy_begins_with_what_answers(
    records: Records,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    answers: tuple[Serving, ...],
    result: Result,
    before: Serving,
) -> None:
    records.write(release(1, result="deployed", serving=ONE))
    records.write(release(2, step=step, before=ONE, serving=TWO))
    answering(monkeypatch, *answers)
    deploy = Deploy(records, release(3))
    deploy.preview()
    assert records.all()[1].result == result
    assert deploy.release.before == before
