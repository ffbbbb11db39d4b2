"""`python -m tests.support.tally_jobs`: the jobs service with kinds whose effects can be counted."""

import asyncio
import os
from collections.abc import Sequence

from services.common.hrana import Statement
from services.common.log import take_over_logging
from services.jobs import work as work_module
from services.jobs.schedules import Schedule
from services.jobs.service import work
from services.jobs.work import Job, Kind, Kinds, Refused, Work
from services.settings import JobsSettings, load_or_exit

SCHEMA = "create table if not exists tally (job text not null, what text not null)"
COUNT = "insert into tally (job, what) values (:job, :what)"

UNGUARDED = "TALLY_UNGUARDED"
"""The variable under which the service runs without the check that makes an effect happen once."""


def _counted(job: Job, what: str) -> Statement:
    return Statement(COUNT, {"job": job.id, "what": what})


async def tally(work: Work) -> Sequence[Statement]:
    """Takes a moment, so that kills find it at work; fails as often as it is told to."""
    await asyncio.sleep(float(work.job.payload.get("seconds", 0)))
    if work.job.tries <= int(work.job.payload.get("failures", 0)):
        raise OSError(5, "as told")
    return [_counted(work.job, "end")]


async def steps(work: Work) -> Sequence[Statement]:
    done = await work.steps()
    for number in range(len(done), int(work.job.payload["steps"])):
        await asyncio.sleep(float(work.job.payload.get("seconds", 0)))
        await work.step(str(number), [_counted(work.job, str(number))])
    return [_counted(work.job, "end")]


async def refuse(_work: Work) -> Sequence[Statement]:
    raise Refused("Not like this.")


async def end_process(_work: Work) -> Sequence[Statement]:
    os.kill(os.getpid(), 9)
    return ()


KINDS: Kinds = {
    "tally": Kind(tally, tries=5, failed=lambda job, error: [_counted(job, error)]),
    "slow": Kind(tally, seconds=1, tries=1),
    "steps": Kind(steps),
    "refuse": Kind(refuse, failed=lambda job, error: [_counted(job, error)]),
    "end process": Kind(end_process, tries=2),
}

if __name__ == "__main__":
    take_over_logging()
    if UNGUARDED in os.environ:
        work_module._GUARD = "select :job, :step"
    asyncio.run(
        work(
            load_or_exit(JobsSettings),
            KINDS,
            [Schedule("tally", "* * * * * * *")] * ("SCHEDULED" in os.environ),
        )
    )
