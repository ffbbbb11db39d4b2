"""The service: a worker, another one whenever the connection to Redis is lost, until it is told to stop."""

import asyncio
import signal
from collections.abc import Sequence
from typing import Any

from streaq import Worker

from services.common.hrana import Database
from services.common.log import write_log
from services.jobs.schedules import Schedule
from services.jobs.work import Kinds
from services.jobs.worker import create_worker
from services.settings import JobsSettings

RECONNECT_SECONDS = 1.0


async def work(settings: JobsSettings, kinds: Kinds, schedules: Sequence[Schedule]) -> None:
    database = Database(settings)
    ended = asyncio.Event()
    write_log("start", tier="jobs", server=settings.server_name, release=settings.release)
    while not ended.is_set():
        try:
            await _run(create_worker(settings, database, kinds, schedules), ended)
            break
        except Exception as error:
            write_log("worker", tier="jobs", ended=_names(error))
        await asyncio.sleep(RECONNECT_SECONDS)
    await database.close()
    write_log("stop", tier="jobs", server=settings.server_name)


async def _run(created: Worker[Any], ended: asyncio.Event) -> None:
    """A worker until it has finished, or is told to stop before it listens for signals itself."""
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    worker = asyncio.create_task(created.run_async())
    waiting = asyncio.create_task(ended.wait())
    await asyncio.wait({worker, waiting}, return_when=asyncio.FIRST_COMPLETED)
    if waiting.done():
        worker.cancel()
        await asyncio.wait({worker})
        return
    waiting.cancel()
    await worker


def _names(error: BaseException) -> str:
    """What kinds of errors it is made of."""
    if isinstance(error, BaseExceptionGroup):
        return ", ".join(dict.fromkeys(_names(each) for each in error.exceptions))
    return type(error).__name__
