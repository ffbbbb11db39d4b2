"""The import job: writes the notes of a file, some lines at a time, and goes on where it was interrupted."""

import asyncio
import json
from collections.abc import Sequence
from typing import Any

from services.common.hrana import Row, Statement
from services.common.ids import new_id, now_ms
from services.jobs.lines import FAULTS, Batch, read_batch
from services.jobs.work import Job, Kind, Refused, Work

FIND = """select imports.*, files.id as whole from imports
left join files on files.id = imports.file and files.state = 'stored' where imports.id = :id"""
NOTES = """insert into notes (id, workspace, title, body, tags, created, updated)
select value ->> 'id', :workspace, value ->> 'title', value ->> 'body', value -> 'tags', :now, :now
from json_each(:notes)"""
FURTHER = """update imports set state = 'running', position = :position, lines = :lines,
  notes = notes + :notes, skipped = skipped + :skipped, faults = :faults where id = :id"""
DONE = "update imports set state = 'done', finished = :now where id = :id"
FAILED = "update imports set state = 'failed', finished = :now where id = :id"
FORGET = "delete from files where id = :file"


async def import_notes(work: Work) -> Sequence[Statement]:
    found = await _find(work)
    faults: list[dict[str, Any]] = json.loads(str(found["faults"]))
    position, lines, size = (int(found[name] or 0) for name in ("position", "lines", "size"))
    with work.disk.whole(str(found["file"])).open("rb") as file:
        while (batch := await asyncio.to_thread(read_batch, file, position, lines)).position > position:
            faults = (faults + batch.faults)[:FAULTS]
            await work.step(str(position), _statements(found, batch, faults))
            position, lines = batch.position, batch.lines
            await work.progress(position, size)
    return [
        Statement(DONE, {"id": str(found["id"]), "now": now_ms()}),
        Statement(FORGET, {"file": str(found["file"])}),
    ]


async def _find(work: Work) -> Row:
    rows = (await work.database.execute(FIND, {"id": str(work.job.payload["import"])})).rows
    if not rows or rows[0]["whole"] is None:
        raise Refused("The file is gone.")
    return rows[0]


def _statements(found: Row, batch: Batch, faults: Sequence[dict[str, Any]]) -> list[Statement]:
    notes = [{"id": new_id(), **note.model_dump()} for note in batch.notes]
    written = {"workspace": found["workspace"], "notes": json.dumps(notes), "now": now_ms()}
    further = {
        "id": found["id"],
        "position": batch.position,
        "lines": batch.lines,
        "notes": len(notes),
        "skipped": batch.skipped,
        "faults": json.dumps(faults),
    }
    return [Statement(NOTES, written), Statement(FURTHER, further)]


async def _forget(work: Work) -> None:
    """The row went with the effect; a kill before this leaves the file to the clean-up."""
    [row] = (await work.database.execute(FIND, {"id": str(work.job.payload["import"])})).rows
    await asyncio.to_thread(work.disk.forget, str(row["file"]))


def _failed(job: Job, _error: str) -> list[Statement]:
    return [Statement(FAILED, {"id": str(job.payload["import"]), "now": now_ms()})]


IMPORT = Kind(import_notes, seconds=1800, failed=_failed, afterwards=_forget)
