"""The worker: takes jobs from the queue, queues late and scheduled ones, shows that it lives."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from streaq import StreaqRetry, Worker

from services.common.hrana import Database, Trips, trips
from services.common.log import write_log
from services.common.queue import JOB, lines, queue_worker
from services.common.tasks import end
from services.jobs.attempt import Attempts
from services.jobs.relay import Relay
from services.jobs.schedules import Schedule, Scheduler
from services.jobs.work import Kinds
from services.settings import JobsSettings

HEARTBEAT_SECONDS = 5.0
GRACE_SECONDS = 20
"""What jobs have to finish when the service stops."""
CONCURRENCY = 4


class RedisPublisher:
    """Publishes over the worker's own connection."""

    def __init__(self, worker: Worker[Any]) -> None:
        self._worker = worker

    async def publish(self, channel: str, event: str) -> None:
        await self._worker.redis.publish(channel, event)


def create_worker(
    settings: JobsSettings, database: Database, kinds: Kinds, schedules: Sequence[Schedule]
) -> Worker[Any]:
    """For one run: where the connection to Redis is lost, the run ends, and another worker is needed."""

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        besides = [
            asyncio.create_task(each)
            for each in (
                _beat(worker, settings.heartbeat_file),
                Relay(database, worker).run(),
                Scheduler(schedules, database, worker).run(),
            )
        ]
        try:
            yield
        finally:
            for task in besides:
                await end(task)

    worker = queue_worker(
        settings.redis_url,
        lines(settings.server_name),
        lifespan,
        concurrency=CONCURRENCY,
        # What a worker has taken but not begun waits for as long as what it does.
        prefetch=1,
        idle_timeout=settings.takeover_seconds,
        grace_period=GRACE_SECONDS,
    )
    attempts = Attempts(settings, database, RedisPublisher(worker), kinds)

    # The table of jobs knows how often a job was tried, and how long it may take; streaq need not.
    @worker.task(name=JOB, max_tries=None, timeout=None, ttl=0, silent=True)
    async def job(identifier: str) -> None:
        delay = await _logged(settings, attempts, identifier)
        if delay is not None:
            raise StreaqRetry("again", delay=timedelta(seconds=delay)) from None

    return worker


async def _logged(settings: JobsSettings, attempts: Attempts, identifier: str) -> float | None:
    """Makes an attempt and writes one line about it; gives the seconds until the next one."""
    taken, started = Trips(), time.perf_counter()
    trips.set(taken)
    tried = await attempts.make(identifier)
    write_log(
        "job",
        id=identifier,
        tier="jobs",
        server=settings.server_name,
        job=tried.kind,
        ok=tried.failure is None,
        ms=round((time.perf_counter() - started) * 1000, 1),
        database={"ms": round(taken.ms, 1), "rowsRead": taken.rows_read},
        **({"failure": tried.failure} if tried.failure else {}),
    )
    return tried.again


async def _beat(worker: Worker[Any], file: Path) -> None:
    """Touches the file as long as the worker reaches Redis."""
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(Exception):
            await worker.redis.ping()
            await asyncio.to_thread(file.touch)
        await asyncio.sleep(HEARTBEAT_SECONDS)
