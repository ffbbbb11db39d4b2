"""Imports: every line once, wrong ones told, gone on with after a kill or a cancellation."""

import io
import json

import pytest

from services.common.files.disk import Disk
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from services.jobs.lines import LINE_BYTES, read_batch
from services.settings import JobsSettings
from tests.support.process import until
from tests.unit.jobs.conftest import Jobs
from tests.unit.jobs.test_files import write_file

Value = str | int | None


def lines(*notes: object) -> bytes:
    return b"".join(json.dumps(note).encode() + b"\n" for note in notes)


def test_what_is_no_note_is_told_by_line() -> None:
    content = (
        lines({"title": "one"})
        + b"\n{\n\xff\n"
        + lines(
            {"title": " "}, {"title": "two", "tags": ["a b"]}, {"body": "x"}, {"title": "x", "id": "1"}, []
        )
        + b'{"title": "'
        + b"x" * LINE_BYTES
        + b'"}\n'
        + b'{"title": "last", "body": "without an end of line"}'
    )
    batch = read_batch(io.BytesIO(content), 0, 0)
    assert [note.title for note in batch.notes] == ["one"]
    last = read_batch(io.BytesIO(content), batch.position, batch.lines)
    assert [note.title for note in last.notes] == ["last"]
    assert (last.position, last.lines) == (len(content), 11)
    assert [fault["line"] for fault in batch.faults] == [3, 4, 5, 6, 7, 8, 9, 10]
    messages = [fault["message"] for fault in batch.faults]
    assert messages[:2] == ["is not JSON", "is not UTF-8"]
    assert messages[-1] == f"is longer than {LINE_BYTES} bytes"
    assert messages[4] == "title: field required"


def test_a_batch_is_no_larger_than_a_transaction_may_be_and_the_next_goes_on() -> None:
    content = lines(*({"title": f"{number}", "body": "x" * 2000} for number in range(500)))
    seen, position, count = 0, 0, 0
    while (batch := read_batch(io.BytesIO(content), position, count)).position > position:
        assert len(batch.notes) <= 200
        seen, position, count = seen + len(batch.notes), batch.position, batch.lines
    assert (seen, count) == (500, 500)


def begin(jobs: Jobs, settings: JobsSettings, content: bytes) -> tuple[str, str, str]:
    """An import as the api writes it down; gives its id, its job's and its workspace."""
    disk = Disk(settings.files_folder, 0)
    file, identifier, workspace = write_file(jobs, disk, content), new_id(), f"import-{new_id()[-8:]}"
    job = NewJob("import", {"import": identifier}, "ada", server="vps-1")
    about: dict[str, Value] = {"id": identifier, "workspace": workspace, "file": file, "size": len(content)}
    jobs.database.execute(
        """insert into imports (id, workspace, user, file, server, name, size, job, position, lines, notes,
          skipped, faults, state, created)
        values (:id, :workspace, 'ada', :file, 'vps-1', 'a', :size, :job,
          0, 0, 0, 0, '[]', 'queued', :now)""",
        {**about, "job": job.id, "now": now_ms()},
    )
    jobs.write(job)
    return identifier, job.id, workspace


def titles(jobs: Jobs, workspace: str) -> list[str]:
    rows = jobs.database.execute("select title from notes where workspace = :w", {"w": workspace})
    return sorted(str(title) for [title] in rows)


@pytest.mark.parametrize("way", ["killed", "cancelled"])
def test_an_import_that_is_interrupted_goes_on_and_doubles_nothing(
    jobs: Jobs, settings: JobsSettings, way: str
) -> None:
    count = 1500
    content = lines(*({"title": f"{number:04}", "body": "x" * 3000} for number in range(count)), "no note")
    identifier, job, workspace = begin(jobs, settings, content)

    def position() -> int:
        [[done]] = jobs.database.execute("select position from imports where id = :id", {"id": identifier})
        return int(str(done))

    with jobs.working() as service:
        until(lambda: position() or None, "some of it is done")
        if way == "killed":
            service.process.kill()
        else:
            jobs.database.execute("update jobs set state = 'cancelled' where id = :id", {"id": job})
            service.logged(id=job)
            job = jobs.write(NewJob("import", {"import": identifier}, "ada", server="vps-1"))
    assert 0 < position() < len(content)
    with jobs.working():
        jobs.await_state(job, "done", 40)
        [[file]] = jobs.database.execute("select file from imports where id = :id", {"id": identifier})
        whole = Disk(settings.files_folder, 0).whole(str(file))
        until(lambda: None if whole.exists() else True, "the file is gone")
    assert titles(jobs, workspace) == [f"{number:04}" for number in range(count)]
    [[state, notes, skipped, faults]] = jobs.database.execute(
        "select state, notes, skipped, faults from imports where id = :id", {"id": identifier}
    )
    assert (state, notes, skipped) == ("done", str(count), "1")
    assert [fault["line"] for fault in json.loads(str(faults))] == [count + 1]
    assert jobs.database.execute("select id from files where id = :id", {"id": file}) == []
