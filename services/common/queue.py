"""The job queue on Redis: names and wire format that the api, which fills it, and the jobs service share."""

import json
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from streaq import Worker
from streaq.task import Task

from services.common.hrana import Row
from services.common.jobs import PRIORITIES

QUEUE = "shoreline"
JOB = "job"
"""The only task: its argument, and its id, is that of a row in the table of jobs."""

CONNECT_SECONDS = 5.0


def queue_worker(
    redis_url: str,
    lines: Sequence[str] = PRIORITIES,
    lifespan: Callable[[], AbstractAsyncContextManager[Any]] | None = None,
    **options: Any,
) -> Worker[Any]:
    """The queue as streaq sees it. Tasks are JSON: pickled ones would run what anybody wrote to Redis."""
    if lifespan is not None:
        options["lifespan"] = lifespan
    return Worker(
        redis_url,
        redis_kwargs={"connect_timeout": CONNECT_SECONDS},
        queue_name=QUEUE,
        priorities=list(lines),
        serializer=_to_json,
        deserializer=json.loads,
        **options,
    )


@dataclass(frozen=True)
class Place:
    """In which line a job waits: one for each priority, and those of the jobs that are for one server."""

    priority: str
    server: str | None = None

    def __str__(self) -> str:
        return self.priority if self.server is None else f"{self.priority}@{self.server}"


def lines(server: str) -> list[str]:
    """Those that the jobs service of a server works on, from the lowest priority to the highest."""
    return [str(Place(priority, where)) for priority in PRIORITIES for where in (None, server)]


def place_of(job: Row) -> Place:
    server = job["server"]
    return Place(str(job["priority"]), None if server is None else str(server))


async def queue(worker: Worker[Any], jobs: Iterable[tuple[str, Place]]) -> None:
    """Queues jobs by id. One that is queued, or being done, is not queued again."""
    await worker.enqueue_many([_task(worker, job, place) for job, place in jobs])


def _task(worker: Worker[Any], job: str, place: Place) -> Task[Any, Any]:
    task = worker.enqueue_unsafe(JOB, job).start(priority=str(place))
    task.id = job
    return task


def _to_json(value: Any) -> str:
    # A failed task's result is its exception.
    return json.dumps(value, default=repr, separators=(",", ":"))
