"""What the digest costs and holds, with the real statements on a real database."""

from collections.abc import Awaitable, Callable

import pytest

from services.common.files.disk import Disk
from services.common.hrana import Database, Trips, trips
from services.common.ids import now_ms
from services.jobs import digest
from services.jobs.work import Job, Work
from services.settings import JobsSettings
from tests.support.notes import INSERT, Note, note_id
from tests.unit.jobs.conftest import Jobs

Refresh = Callable[[], Awaitable[bool]]


class Deaf:
    async def publish(self, channel: str, event: str) -> None:
        """Nobody listens."""


@pytest.fixture
def refresh(database: Database, settings: JobsSettings) -> Refresh:
    """One run of the job; whether it counted."""
    job = Job("a digest", "digest", None, {}, 1, now_ms())

    async def run() -> bool:
        statements = await digest.refresh(
            Work(job, settings, database, Deaf(), Disk(settings.files_folder, 0))
        )
        await database.transaction(statements)
        return statements[0].sql != digest.LOOK

    return run


@pytest.fixture(autouse=True)
def empty(jobs: Jobs) -> None:
    jobs.database.execute("delete from digest")
    jobs.database.execute("delete from notes where workspace like 'digest-%'")


def write(jobs: Jobs, workspace: str, *ages_ms: int) -> list[Note]:
    now = now_ms()
    notes = [
        Note(note_id(now - age, number + 1), workspace, f"{age}", "", now - age, now - age)
        for number, age in enumerate(ages_ms)
    ]
    jobs.database.execute_all([(INSERT, vars(note)) for note in notes])
    return notes


def rows(jobs: Jobs) -> dict[str, list[str | None]]:
    found = jobs.database.execute("select workspace, notes, recent, newest, title from digest")
    return {str(workspace): rest for workspace, *rest in found}


async def test_notes_are_counted_per_workspace(jobs: Jobs, refresh: Refresh) -> None:
    day = 86_400_000
    [_, newest] = write(jobs, "digest-a", 2 * day, 0)
    write(jobs, "digest-a", 8 * day, 100 * day)
    [old] = write(jobs, "digest-b", 30 * day)
    assert await refresh()
    counted = rows(jobs)
    assert counted["digest-a"] == ["4", "2", newest.id, newest.title]
    assert counted["digest-b"] == ["1", "0", old.id, old.title]


async def test_a_workspace_that_is_gone_is_forgotten(jobs: Jobs, refresh: Refresh) -> None:
    write(jobs, "digest-a", 0)
    await refresh()
    jobs.database.execute("delete from notes where workspace = 'digest-a'")
    await refresh()
    assert "digest-a" not in rows(jobs)


async def test_without_a_new_note_only_a_handful_of_rows_is_read(jobs: Jobs, refresh: Refresh) -> None:
    write(jobs, "digest-a", *range(1, 500))
    write(jobs, "digest-b", 0)
    assert await refresh()
    taken = Trips()
    trips.set(taken)
    assert not await refresh()
    assert taken.rows_read < 3 * len(rows(jobs)) + 10
    [[times]] = jobs.database.execute("select count(distinct refreshed) from digest")
    assert times == "2"
    assert taken.count == 2


async def test_what_is_recent_is_counted_anew_every_hour(jobs: Jobs, refresh: Refresh) -> None:
    write(jobs, "digest-a", 0)
    await refresh()
    jobs.database.execute("update digest set counted = counted - :hour", {"hour": digest.COUNT_AGAIN_MS})
    assert await refresh()


async def test_a_count_that_fails_leaves_the_digest_as_it_was(jobs: Jobs, refresh: Refresh) -> None:
    write(jobs, "digest-a", 0)
    await refresh()
    before = rows(jobs)
    write(jobs, "digest-b", 0)
    jobs.database.execute(
        "create trigger broken before delete on digest begin select raise(abort, 'no'); end"
    )
    jobs.database.execute("insert into digest values ('digest-z', 1, 0, 'x', 'x', 0, 0, 0)")
    try:
        with pytest.raises(Exception, match="SQLITE_CONSTRAINT"):
            await refresh()
    finally:
        jobs.database.execute("drop trigger broken")
    assert rows(jobs) == {**before, "digest-z": ["1", "0", "x", "x"]}
