"""Schedules: a slot of time becomes a job with the slot as its key: one, whatever the schedulers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from crontab import CronTab  # type: ignore[import-untyped]
from streaq import Worker

from services.common.hrana import Database
from services.common.jobs import NewJob
from services.common.log import write_log
from services.common.queue import Place, queue

CATCH_UP = timedelta(days=1)
"""A slot that was missed while no scheduler ran is made up for, once, unless it is older."""
AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Schedule:
    """When a kind of job is done: crontab in UTC; seven fields begin with seconds."""

    kind: str
    crontab: str
    server: str | None = None
    """Of what each server has to do for itself."""

    def last(self, now: datetime) -> datetime | None:
        """The latest slot that has begun."""
        found: datetime | None = CronTab(self.crontab).previous(now, return_datetime=True, default_utc=True)
        return found

    def seconds_to_next(self, now: datetime) -> float:
        return float(CronTab(self.crontab).next(now, default_utc=True))

    def job(self, slot: datetime) -> NewJob:
        key = f"{self.kind}@{slot:%Y-%m-%dT%H:%M:%SZ}" + (f"@{self.server}" if self.server else "")
        return NewJob(self.kind, key=key, priority="low", server=self.server)


class Scheduler:
    """Writes a job into the table for each slot."""

    def __init__(self, schedules: Sequence[Schedule], database: Database, worker: Worker[Any]) -> None:
        self._schedules, self._database, self._worker = schedules, database, worker

    async def run(self) -> None:
        """Until cancelled, whatever fails meanwhile."""
        async with asyncio.TaskGroup() as group:
            for schedule in self._schedules:
                group.create_task(self._follow(schedule))

    async def _follow(self, schedule: Schedule) -> None:
        done: datetime | None = None
        while True:
            now = datetime.now(UTC)
            slot = schedule.last(now)
            if slot is not None and slot != done and now - slot < CATCH_UP:
                try:
                    await self._write(schedule.job(slot))
                except Exception as error:
                    write_log("schedule", tier="jobs", job=schedule.kind, failure=type(error).__name__)
                    await asyncio.sleep(AGAIN_SECONDS)
                    continue
                done = slot
            await asyncio.sleep(schedule.seconds_to_next(datetime.now(UTC)))

    async def _write(self, job: NewJob) -> None:
        statement = job.statement()
        if (await self._database.execute(statement.sql, statement.args)).changed:
            await queue(self._worker, [(job.id, Place(job.priority, job.server))])
