"""The preview job: a small picture of an image that is attached to a note."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from services.common.hrana import Statement
from services.jobs.contain import contain
from services.jobs.work import Job, Kind, Refused, Work

FIND = "select id from files where id = :file and state = 'stored'"
MARK = "update files set preview = :preview where id = :file"


async def preview(work: Work) -> Sequence[Statement]:
    file = str(work.job.payload["file"])
    if not (await work.database.execute(FIND, {"file": file})).rows:
        raise Refused("The file is gone.")
    with tempfile.TemporaryDirectory(prefix="preview-") as folder:
        result = Path(folder) / "preview.webp"
        await contain("preview", work.disk.whole(file), result)
        work.disk.write(work.disk.preview(file), result.read_bytes())
    return [_marked(work.job, "done")]


def _marked(job: Job, preview: str) -> Statement:
    return Statement(MARK, {"file": str(job.payload["file"]), "preview": preview})


PREVIEW = Kind(preview, seconds=90, failed=lambda job, _error: [_marked(job, "refused")])
