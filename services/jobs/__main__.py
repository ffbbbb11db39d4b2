"""`python -m services.jobs`: works until SIGTERM, then finishes the jobs it has begun."""

import asyncio
import signal

from services.common.hrana import Database
from services.common.log import take_over_logging, write_log
from services.jobs.worker import create_worker
from services.settings import Settings, load_or_exit

RECONNECT_SECONDS = 1.0


async def work(settings: Settings) -> None:
    database = Database(settings)
    ended = asyncio.Event()
    write_log("start", tier="jobs", server=settings.server_name, release=settings.release)
    while not ended.is_set():
        try:
            await _run(settings, database, ended)
            break
        except Exception as error:
            write_log("worker", tier="jobs", ended=_names(error))
        await asyncio.sleep(RECONNECT_SECONDS)
    await database.close()
    write_log("stop", tier="jobs", server=settings.server_name)


async def _run(settings: Settings, database: Database, ended: asyncio.Event) -> None:
    """A worker until it has finished, or is told to stop before it listens for signals itself."""
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    worker = asyncio.create_task(create_worker(settings, database).run_async())
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


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(work(load_or_exit()))
