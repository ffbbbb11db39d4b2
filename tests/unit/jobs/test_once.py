"""Every job's effect exactly once, and none lost, whatever is killed, restarted, emptied or doubled."""

import asyncio
import os
import random
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from services.common.jobs import NewJob, cancelled, replayed
from services.common.queue import Place, queue, queue_worker
from services.jobs.attempt import GIVEN_UP
from tests.support.full_disk import small_disk
from tests.support.process import until
from tests.support.services import Service
from tests.support.sqld import sqld
from tests.support.tally_jobs import SCHEMA, UNGUARDED
from tests.unit.jobs.conftest import Jobs

TALLY = "tests.support.tally_jobs"


@pytest.fixture(autouse=True)
def clean(jobs: Jobs) -> None:
    jobs.database.execute(SCHEMA)
    for table in ("tally", "jobs", "effects"):
        jobs.database.execute(f"delete from {table}")  # noqa: S608 - a constant


def counted(jobs: Jobs) -> Counter[tuple[str, str]]:
    rows = jobs.database.execute("select job, what from tally")
    return Counter((str(job), str(what)) for job, what in rows)


def unfinished(jobs: Jobs) -> int:
    [[count]] = jobs.database.execute("select count(*) from jobs where state in ('queued', 'running')")
    return int(str(count))


async def nudge(jobs: Jobs, *identifiers: str) -> None:
    """As the api does."""
    async with queue_worker(jobs.cache.url) as worker:
        await queue(worker, [(each, Place("high")) for each in identifiers])


@pytest.fixture
def seed() -> random.Random:
    chosen = int(os.environ.get("SHORELINE_SEED") or time.time_ns() % 1_000_000)
    print(f"SHORELINE_SEED={chosen}")
    return random.Random(chosen)  # noqa: S311 - no secret


def survive(jobs: Jobs, count: int, chance: random.Random, deadline: float) -> None:
    """Writes `count` jobs, one in two of which is queued, while workers are killed and Redis is restarted."""
    ids = [
        jobs.write(
            NewJob("tally", {"seconds": chance.uniform(0, 0.1)}, priority=chance.choice(("low", "high")))
        )
        for _ in range(count)
    ]
    asyncio.run(nudge(jobs, *(each for each in ids if chance.random() < 0.5)))
    end, kills = time.monotonic() + deadline, 0
    while unfinished(jobs):
        assert time.monotonic() < end, (
            f"{unfinished(jobs)} jobs are left after {deadline} s and {kills} kills"
        )
        with ExitStack() as stack:
            workers = [stack.enter_context(jobs.working(TALLY)) for _ in range(2)]
            _work_on(jobs, chance.uniform(1.0, 3.0))
            if chance.random() < 0.3:
                jobs.cache.kill()
                jobs.cache.start()
                _work_on(jobs, chance.uniform(2.0, 4.0))
            for worker in workers:
                worker.process.kill()
                kills += 1
    assert counted(jobs) == Counter((each, "end") for each in ids)
    print(f"{count} jobs, {kills} kills, {deadline - (end - time.monotonic()):.0f} s")


def _work_on(jobs: Jobs, seconds: float) -> None:
    end = time.monotonic() + seconds
    until(lambda: True if time.monotonic() > end or not unfinished(jobs) else None, "a while")


def leftovers(jobs: Jobs) -> int:
    """The keys that jobs have left on Redis: bounded, whatever their number."""
    with jobs.cache.client() as client:
        return sum(1 for _ in client.scan_iter("streaq:shoreline:task:*"))


def test_no_kill_loses_or_doubles_a_job(jobs: Jobs, seed: random.Random) -> None:
    survive(jobs, 60, seed, 90)


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_a_thousand_jobs_under_kills_happen_once_each(jobs: Jobs, seed: random.Random) -> None:
    survive(jobs, 1000, seed, 600)
    with jobs.working(TALLY):
        until(lambda: True if leftovers(jobs) == 0 else None, "nothing is left on Redis", 60)


async def twice(jobs: Jobs, variables: dict[str, str]) -> Counter[tuple[str, str]]:
    """One job done by two workers at the same time: what it came to."""
    identifier = jobs.write(NewJob("tally", {"seconds": 1.0}))
    with replace(jobs, variables={**jobs.variables, **variables}).working(TALLY) as first:
        await nudge(jobs, identifier)
        jobs.await_state(identifier, "running")
        with jobs.cache.client() as client:
            # What streaq does when a worker seems dead and isn't: the same task a second time.
            client.xadd("streaq:shoreline:queues:high", {"task_id": identifier, "enqueue_time": 0})
        until(lambda: None if unfinished(jobs) else True, "the job is done")
        until(lambda: len(_lines(first, identifier)) >= 2 or None, "both tries are over")
    return counted(jobs)


def _lines(service: Service, identifier: str) -> list[object]:
    return [line for line in service.lines() if line.get("id") == identifier]


async def test_two_tries_at_once_have_one_effect(jobs: Jobs) -> None:
    assert list((await twice(jobs, {})).values()) == [1]


async def test_without_the_check_two_tries_have_two_effects(jobs: Jobs) -> None:
    """The mutation: it is this check that the tests of this file stand on."""
    assert list((await twice(jobs, {UNGUARDED: "1"})).values()) == [2]


async def test_steps_happen_once_each_though_the_worker_is_killed(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("steps", {"steps": 8, "seconds": 0.2}))
    with jobs.working(TALLY):
        await nudge(jobs, identifier)
        until(lambda: len(counted(jobs)) >= 3 or None, "some steps are done")
    with jobs.working(TALLY):
        jobs.await_state(identifier, "done", 40)
    assert counted(jobs) == Counter((identifier, what) for what in [*map(str, range(8)), "end"])
    assert jobs.database.execute("select count(*) from effects") == [["0"]]


async def test_what_fails_is_tried_again_later_each_time(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("tally", {"failures": 2}))
    with jobs.working(TALLY) as service:
        await nudge(jobs, identifier)
        assert jobs.await_state(identifier, "done")["tries"] == "3"
        lines = [line for line in service.lines() if line.get("id") == identifier]
    assert [line["ok"] for line in lines] == [False, False, True]
    assert lines[0]["failure"] == "OSError: as told"


async def test_what_fails_in_every_try_is_dead_until_it_is_played_again(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("tally", {"failures": 99}))
    jobs.database.execute("update jobs set tries = 3")
    with jobs.working(TALLY):
        await nudge(jobs, identifier)
        dead = jobs.await_state(identifier, "dead")
        assert (dead["tries"], dead["error"]) == ("5", "OSError: as told")
        assert counted(jobs) == Counter({(identifier, GIVEN_UP): 1})
        jobs.database.execute("update jobs set payload = '{}'")
        statement = replayed(identifier)
        jobs.database.execute(statement.sql, statement.args)  # type: ignore[arg-type] # no floats
        jobs.await_state(identifier, "done")
    assert counted(jobs)[identifier, "end"] == 1


async def test_a_job_that_ends_its_process_is_given_up(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("end process"))
    for _ in range(2):
        with jobs.working(TALLY) as service:
            await nudge(jobs, identifier)
            service.process.wait(30)
    with jobs.working(TALLY):
        assert jobs.await_state(identifier, "dead", 30)["error"] == "every try ended with its process"


async def test_a_try_that_takes_too_long_is_ended(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("slow", {"seconds": 60}))
    with jobs.working(TALLY):
        await nudge(jobs, identifier)
        assert jobs.await_state(identifier, "dead")["error"] == "it took too long"
    assert counted(jobs) == Counter()


async def test_what_can_never_be_done_is_refused_at_once(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("refuse"))
    with jobs.working(TALLY):
        await nudge(jobs, identifier)
        refused = jobs.await_state(identifier, "refused")
    assert (refused["tries"], refused["error"]) == ("1", "Not like this.")
    assert counted(jobs) == Counter({(identifier, "Not like this."): 1})


async def test_a_cancelled_job_has_no_further_effect(jobs: Jobs) -> None:
    identifier = jobs.write(NewJob("steps", {"steps": 50, "seconds": 0.1}, owner="ada"))
    with jobs.working(TALLY) as service:
        await nudge(jobs, identifier)
        until(lambda: len(counted(jobs)) or None, "a step is done")
        statement = cancelled(identifier, "ada")
        jobs.database.execute(statement.sql, statement.args)  # type: ignore[arg-type] # no floats
        before = counted(jobs)
        service.logged(id=identifier)
    assert counted(jobs) == before
    assert jobs.job(identifier)["state"] == "cancelled"


async def test_who_waits_comes_before_what_is_only_to_be_done(jobs: Jobs) -> None:
    low = [jobs.write(NewJob("tally", {"seconds": 0.05}, priority="low")) for _ in range(40)]
    high = [jobs.write(NewJob("tally", {"seconds": 0.05})) for _ in range(5)]
    async with queue_worker(jobs.cache.url) as worker:
        await queue(worker, [(each, Place("low")) for each in low])
        await queue(worker, [(each, Place("high")) for each in high])
    with jobs.working(TALLY):
        until(lambda: None if unfinished(jobs) else True, "all is done")
    order = [str(job) for [job] in jobs.database.execute("select job from tally order by rowid")]
    assert max(order.index(each) for each in high) < 15


async def test_an_emptied_redis_loses_nothing(jobs: Jobs) -> None:
    identifiers = [jobs.write(NewJob("tally", {"seconds": 0.2})) for _ in range(20)]
    with jobs.working(TALLY), jobs.cache.client() as client:
        await nudge(jobs, *identifiers)
        until(lambda: len(counted(jobs)) or None, "some are done")
        client.flushall()
        until(lambda: None if unfinished(jobs) else True, "all are done", 40)
    assert counted(jobs) == Counter((each, "end") for each in identifiers)


async def test_a_full_database_holds_jobs_up_and_loses_or_doubles_none(jobs: Jobs, tmp_path: Path) -> None:
    (tmp_path / "database").mkdir()
    with (
        small_disk(tmp_path / "database" / "data", 24) as disk,
        sqld(tmp_path / "database", disk.within) as database,
    ):
        where = {"DATABASE_ORIGIN": f"http://127.0.0.1:{database.port}", "DATABASE_TOKEN": database.token}
        small = replace(jobs, database=database, variables={**jobs.variables, **where})
        database.execute(SCHEMA)
        ids = [small.write(NewJob("tally")) for _ in range(5)]
        await nudge(small, *ids)
        with disk.filled(), small.working(TALLY) as works:
            for each in ids:
                line = works.logged(id=each, ok=False)
                assert str(line["failure"]).startswith("database unavailable: SQLITE_")
        with small.working(TALLY):
            until(lambda: None if unfinished(small) else True, "all are done", 40)
        assert counted(small) == Counter((each, "end") for each in ids)
        assert database.execute("pragma integrity_check") == [["ok"]]


def test_two_schedulers_make_one_run_of_a_slot_across_restarts(jobs: Jobs) -> None:
    scheduled = replace(jobs, variables={**jobs.variables, "SCHEDULED": "1"})
    for _ in range(3):
        with scheduled.working(TALLY) as first, scheduled.working(TALLY):
            until(lambda: len(counted(jobs)) > 2 or None, "some slots have come")
            first.process.kill()
    with jobs.working(TALLY):
        until(lambda: None if unfinished(jobs) else True, "all is done", 40)
    slots = [str(key) for [key] in jobs.database.execute("select key from jobs")]
    assert len(slots) == len(set(slots)) >= 3
    assert sorted(counted(jobs).values()) == [1] * len(slots)
