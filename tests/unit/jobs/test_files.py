"""Jobs about files, by the service: previews, and the clean-up of the disk."""

import json
import os
import time
from dataclasses import replace
from pathlib import Path

import pytest
from redis.client import PubSub

from services.common.events import channel_of
from services.common.files.disk import Disk
from services.common.hrana import Database
from services.common.ids import new_id, now_ms
from services.common.jobs import NO_ROOM, NewJob
from services.common.queue import Place, queue, queue_worker
from services.jobs import orphans
from services.jobs.work import Job, Work
from services.settings import JobsSettings
from tests.support.full_disk import small_disk
from tests.support.images import bomb, picture
from tests.support.process import until
from tests.support.services import Service
from tests.unit.jobs.conftest import Jobs
from tests.unit.jobs.test_digest import Deaf
from tests.unit.jobs.test_jobs import enqueue, listen


@pytest.fixture
def disk(settings: JobsSettings) -> Disk:
    return Disk(settings.files_folder, 0)


def write_file(jobs: Jobs, disk: Disk, content: bytes, *, state: str = "stored", age_ms: int = 0) -> str:
    """A file as the api leaves it; gives its id."""
    file = new_id()
    disk.write(disk.whole(file) if state == "stored" else disk.incoming(file), content)
    sql = """insert into files (id, workspace, owner, server, name, size, state, preview, created)
    values (:id, 'harbour', 'ada', 'vps-1', 'a', :size, :state, 'queued', :created)"""
    about: dict[str, str | int | None] = {
        "id": file,
        "size": len(content),
        "state": state,
        "created": now_ms() - age_ms,
    }
    jobs.database.execute(sql, about)
    return file


def preview_of(jobs: Jobs, file: str) -> str | None:
    [[preview]] = jobs.database.execute("select preview from files where id = :id", {"id": file})
    return preview


async def test_previews_are_made_and_what_is_hostile_is_refused(jobs: Jobs, disk: Disk) -> None:
    good, hostile = write_file(jobs, disk, picture()), write_file(jobs, disk, bomb())
    ids = [jobs.write(NewJob("preview", {"file": file}, "ada", server="vps-1")) for file in (good, hostile)]
    other = jobs.write(NewJob("preview", {"file": good}, "ada", server="vps-2"))
    with jobs.working():
        async with queue_worker(jobs.cache.url) as worker:
            await queue(worker, [(each, Place("high", "vps-1")) for each in ids])
        jobs.await_state(ids[0], "done")
        assert jobs.await_state(ids[1], "refused")["error"] == "The image has too many pixels."
        assert jobs.job(other)["state"] == "queued"
    assert (preview_of(jobs, good), preview_of(jobs, hostile)) == ("done", "refused")
    assert disk.preview(good).read_bytes()[8:12] == b"WEBP"
    assert not disk.preview(hostile).exists()


async def test_a_full_disk_holds_jobs_up_and_no_longer(jobs: Jobs, note: str, tmp_path: Path) -> None:
    """What waits for room is told so to its owner, however long it is; nothing is half there."""
    folder = str(tmp_path / "disk")
    small = {"FILES_FOLDER": folder, "FILES_RESERVE_BYTES": "0", "TMPDIR": folder}
    jobs = replace(jobs, variables={**jobs.variables, **small})
    with (
        small_disk(tmp_path / "disk", 8) as disk,
        jobs.working(within=disk.within) as works,
        jobs.cache.client() as client,
    ):
        files = Disk(disk.seen, 0)
        file = write_file(jobs, files, picture())
        listening = listen(client, channel_of("ada"))
        with disk.filled():
            waiting = [jobs.write_export(note), jobs.write(NewJob("preview", {"file": file}, "ada"))]
            await enqueue(jobs, *waiting)
            until(lambda: min(tried_in_vain(works, each) for each in waiting) > 2 or None, "both try again")
            for each in waiting:
                assert jobs.job(each)["error"] == NO_ROOM and int(jobs.job(each)["tries"] or 0) <= 1
            assert NO_ROOM in until(lambda: error_in(listening), "the owner is told")
            assert sorted(name for name, _ in files.names()) == [file]
        for each in waiting:
            jobs.await_state(each, "done", 60)
        assert files.result(waiting[0]).read_bytes().startswith(b"%PDF")
        assert files.preview(file).read_bytes()[8:12] == b"WEBP"


def tried_in_vain(works: Service, job: str) -> int:
    return sum(1 for line in works.lines() if line.get("id") == job and line.get("failure") == NO_ROOM)


def error_in(listening: PubSub) -> str | None:
    """Of the next event that has one."""
    message = listening.get_message(ignore_subscribe_messages=True, timeout=0.1)
    return None if message is None else json.loads(message["data"]).get("error")


async def test_the_clean_up_drops_what_was_given_up_and_what_no_row_knows(
    jobs: Jobs, disk: Disk, settings: JobsSettings, database: Database
) -> None:
    kept, given_up = (
        write_file(jobs, disk, b"kept"),
        write_file(jobs, disk, b"gone", state="uploading", age_ms=orphans.GIVEN_UP_MS + 1000),
    )
    going_on = write_file(jobs, disk, b"half", state="uploading")
    unknown, fresh = new_id(), new_id()
    for name in (unknown, fresh):
        disk.write(disk.whole(name), b"orphan")
    for place in (disk.whole(kept), disk.incoming(going_on), disk.whole(unknown)):
        _age(place)
    job = Job("an orphan", "orphans", None, {}, 1, now_ms())
    await orphans.sweep(Work(job, settings, database, Deaf(), disk))
    assert disk.whole(kept).exists() and disk.incoming(going_on).exists() and disk.whole(fresh).exists()
    assert not disk.incoming(given_up).exists() and not disk.whole(unknown).exists()
    assert jobs.database.execute("select id from files where id = :id", {"id": given_up}) == []


def _age(place: Path) -> None:
    past = time.time() - orphans.SETTLED_SECONDS - 60
    os.utime(place, (past, past))
