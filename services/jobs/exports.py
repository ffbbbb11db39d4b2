"""The export job: makes the document of a note."""

from collections.abc import Sequence

from services.common.hrana import Statement
from services.common.ids import now_ms
from services.jobs.markdown import Note, document
from services.jobs.work import Job, Kind, Refused, Work

READ = """select notes.title, notes.workspace, notes.body, notes.created, notes.updated
from exports join notes on notes.id = exports.note where exports.id = :id"""
FINISH = "update exports set state = :state, result = :result, finished = :finished where id = :id"


async def export(work: Work) -> Sequence[Statement]:
    rows = (await work.database.execute(READ, {"id": work.job.id})).rows
    if not rows:
        raise Refused("The note is gone.")
    note = Note(**rows[0])  # type: ignore[arg-type] # the schema is strict
    return [_finish(work.job, "done", document(note))]


def _failed(job: Job, _error: str) -> Sequence[Statement]:
    return [_finish(job, "failed", None)]


def _finish(job: Job, state: str, result: str | None) -> Statement:
    return Statement(FINISH, {"id": job.id, "state": state, "result": result, "finished": now_ms()})


EXPORT = Kind(export, failed=_failed)
