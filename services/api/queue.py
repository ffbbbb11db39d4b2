"""The api's end of the job queue: a connection kept up in the background. The api runs without Redis too."""

import asyncio
from typing import TYPE_CHECKING, Any

from services.common.log import write_log
from services.common.queue import Place, queue, queue_worker

if TYPE_CHECKING:
    from streaq import Worker

SEND_SECONDS = 2.0
RECONNECT_SECONDS = 1.0


class QueueUnavailable(Exception):
    """The job could not be queued in time."""


class Queue:
    def __init__(self, redis_url: str) -> None:
        self._url = redis_url
        self._worker: Worker[Any] | None = None
        self._broken = asyncio.Event()

    async def run(self) -> None:
        """Keeps the connection until cancelled."""
        reported = False
        while True:
            try:
                async with queue_worker(self._url) as self._worker:
                    reported = False
                    self._broken.clear()
                    await self._broken.wait()
            except Exception as error:
                if not reported:
                    write_log("queue", tier="api", state="unavailable", failure=type(error).__name__)
                    reported = True
            finally:
                self._worker = None
            await asyncio.sleep(RECONNECT_SECONDS)

    async def add(self, job: str, place: Place) -> None:
        """Queues a job that is written down; again is the same as once. Raises QueueUnavailable."""
        if (worker := self._worker) is None:
            raise QueueUnavailable("queue: no connection")
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await queue(worker, [(job, place)])
        except Exception as error:
            self._broken.set()
            raise QueueUnavailable(f"queue: {type(error).__name__}") from None
