"""The worker: which jobs there are, when they run, and what happens when one fails."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

from streaq import StreaqRetry, Worker

from services.common.hrana import Database, Trips, trips
from services.common.ids import now_ms
from services.common.log import write_log
from services.common.queue import EXPORT, queue_worker
from services.common.tasks import end
from services.jobs import digest, exports
from services.settings import Settings

HEARTBEAT_SECONDS = 5.0
IDLE_SECONDS = 10.0
"""After so long the jobs of a worker that was killed are taken over."""
GRACE_SECONDS = 20
"""What jobs have to finish when the service stops."""
JOB_SECONDS = 30
TRIES = 5
RETRY_SECONDS = 2
ABANDONED_MS = 3_600_000
"""An export that is not done by then is not tried again."""


class RedisPublisher:
    """Publishes over the worker's own connection."""

    def __init__(self, worker: Worker[Any]) -> None:
        self._worker = worker

    async def publish(self, channel: str, event: str) -> None:
        await self._worker.redis.publish(channel, event)


def create_worker(settings: Settings, database: Database) -> Worker[Any]:
    """For one run: where the connection to Redis is lost, the run ends, and another worker is needed."""

    @asynccontextmanager
    async def lifespan() -> AsyncIterator[None]:
        beating = asyncio.create_task(_beat(worker, settings.heartbeat_file))
        try:
            await refresh_digest.enqueue()
            yield
        finally:
            await end(beating)

    worker = queue_worker(
        settings.redis_url, lifespan, concurrency=4, idle_timeout=IDLE_SECONDS, grace_period=GRACE_SECONDS
    )
    publisher = RedisPublisher(worker)

    @worker.task(name=EXPORT, timeout=JOB_SECONDS, max_tries=TRIES, ttl=timedelta(minutes=1), silent=True)
    async def export(identifier: str) -> None:
        tries = export.context.tries
        try:
            await _logged(
                settings, EXPORT, identifier, lambda: exports.export(database, publisher, identifier)
            )
        except Exception:
            if tries < TRIES:
                raise StreaqRetry("again", delay=RETRY_SECONDS * tries) from None
            await exports.give_up(database, publisher, identifier)

    @worker.cron(settings.digest_schedule, name="digest", timeout=JOB_SECONDS, unique=False, silent=True)
    async def refresh_digest() -> None:
        context = refresh_digest.context
        await _logged(settings, "digest", context.task_id, lambda: digest.refresh(database, publisher))

    @worker.cron(
        settings.digest_schedule, name="left exports", timeout=JOB_SECONDS, unique=False, silent=True
    )
    async def requeue_exports() -> None:
        for identifier, created in await exports.left_behind(database):
            if now_ms() - created > ABANDONED_MS:
                await exports.give_up(database, publisher, identifier)
            else:
                task = export.enqueue(identifier)
                task.id = identifier
                await task

    return worker


async def _logged(settings: Settings, job: str, identifier: str, work: Callable[[], Awaitable[Any]]) -> None:
    """Does the work and writes one line about it."""
    taken, started, failure = Trips(), time.perf_counter(), None
    trips.set(taken)
    try:
        await work()
    except Exception as error:
        failure = f"{type(error).__name__}: {getattr(error, 'message', '')}"
        raise
    finally:
        write_log(
            "job",
            id=identifier,
            tier="jobs",
            server=settings.server_name,
            job=job,
            ok=failure is None,
            ms=round((time.perf_counter() - started) * 1000, 1),
            database={"ms": round(taken.ms, 1), "rowsRead": taken.rows_read},
            **({"failure": failure} if failure else {}),
        )


async def _beat(worker: Worker[Any], file: Path) -> None:
    """Touches the file as long as the worker reaches Redis."""
    file.parent.mkdir(parents=True, exist_ok=True)
    while True:
        with suppress(Exception):
            await worker.redis.ping()
            await asyncio.to_thread(file.touch)
        await asyncio.sleep(HEARTBEAT_SECONDS)
