"""What becomes of a deploy whose step fails, without a stack."""

import errno
from pathlib import Path

import pytest

from infra.components.release import Release as ServerRelease
from infra.delivery import pipeline, rollback, stack, trees
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


def test_every_killed_deploy_is_settled(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    records.write(release(1, step="preview"))
    records.write(release(2, result="deployed", serving=ONE))
    answering(monkeypatch, ONE)
    Deploy(records, release(3)).preview()
    assert [each.result for each in records.all()] == ["interrupted", "deployed", "running"]


def test_a_defect_of_ours_goes_back_too_and_what_stays_is_told(
    records: Records, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def verify(_: Deploy) -> None:
        raise ZeroDivisionError("as told")

    records.write(release(1, result="deployed", serving=ONE))
    answering(monkeypatch, ONE)
    applied = {"0001_first.sql", "0002_stays.sql"}
    monkeypatch.setattr(pipeline, "_CHECKS", ())
    monkeypatch.setattr(pipeline, "build_edge", lambda: None)
    monkeypatch.setattr(pipeline, "build_web", lambda: None)
    monkeypatch.setattr(ServerRelease, "current", lambda _: None)
    monkeypatch.setattr(Deploy, "verify", verify)
    monkeypatch.setattr(stack, "up", lambda *_: None)
    monkeypatch.setattr(stack, "applied", lambda: applied)
    monkeypatch.setattr(trees, "listed", lambda _: {"0001_first.sql"})
    monkeypatch.setattr(rollback, "applied_since", lambda *_: None)
    monkeypatch.setattr(rollback, "put", lambda *_: None)
    assert not Deploy(records, release(2)).run()
    ended = records.all()[-1]
    assert (ended.result, ended.step) == ("rolled back", "verify")
    assert ended.reason.startswith("a defect of the pipeline: ZeroDivisionError: as told")
    told = "0002_stays.sql stays applied, so what is pushed next must have it: git checkout 22222222 -- "
    assert told in ended.reason and told in capsys.readouterr().err
