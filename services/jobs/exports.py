"""The export job: makes a PDF of a note with its images."""

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from services.common.hrana import Row, Statement
from services.common.ids import now_ms
from services.common.notifications import notify
from services.jobs.contain import contain
from services.jobs.figures import table
from services.jobs.work import Job, Kind, Refused, Work

NOTE = """select notes.id, notes.title, notes.workspace, notes.body, notes.created, notes.updated
from exports join notes on notes.id = exports.note where exports.id = :id"""
IMAGES = """select id, name, server, preview from files
where workspace = :workspace and note = :note and preview is not null order by id limit 50"""
FINISH = "update exports set state = :state, finished = :finished where id = :id"


async def export(work: Work) -> Sequence[Statement]:
    rows = (await work.database.execute(NOTE, {"id": work.job.id})).rows
    if not rows:
        raise Refused("The note is gone.")
    about = {"workspace": rows[0]["workspace"], "note": rows[0]["id"]}
    images = (await work.database.execute(IMAGES, about)).rows
    with tempfile.TemporaryDirectory(prefix="export-") as name:
        folder = Path(name)
        content = json.dumps(document(rows[0], [_image(work, row) for row in images]))
        (folder / "note.json").write_text(content, "utf-8")
        result = folder / "note.pdf"
        await contain("pdf", folder, result, progress=work.progress)
        work.disk.write(work.disk.result(work.job.id), result.read_bytes())
    return [_finish(work.job, "done"), *_told(work.job, str(rows[0]["title"]))]


def document(note: Row, images: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the template shows."""
    paragraphs = [part.splitlines() for part in re.split(r"\n\s*\n", str(note["body"])) if part.strip()]
    title = " ".join(str(note["title"]).split())
    return {"title": title, "figures": table(note), "paragraphs": paragraphs, "images": images}


def _image(work: Work, row: Row) -> dict[str, Any]:
    here = row["server"] == work.settings.server_name
    return {
        "id": row["id"],
        "name": row["name"],
        "source": str(work.disk.whole(str(row["id"]))) if here and row["preview"] != "refused" else None,
        "why": "this image can't be shown" if here else "this image is kept on another server",
    }


def _told(job: Job, title: str) -> Sequence[Statement]:
    """Also somebody who has left the page hears of it."""
    key = f"export {job.id}"
    return [] if job.owner is None else [notify(job.owner, "exported", key=key, subject=job.id, title=title)]


def _finish(job: Job, state: str) -> Statement:
    return Statement(FINISH, {"id": job.id, "state": state, "finished": now_ms()})


EXPORT = Kind(export, seconds=120, failed=lambda job, _error: [_finish(job, "failed")])
