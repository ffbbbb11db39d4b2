"""The job queue on Redis: names and wire format that the api, which fills it, and the jobs service share."""

import json
from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from streaq import Worker
from streaq.task import Task

from services.common.jobs import PRIORITIES

QUEUE = "shoreline"
JOB = "job"
"""The only task: its argument, and its id, is that of a row in the table of jobs."""

CONNECT_SECONDS = 5.0


def queue_worker(
    redis_url: str, lifespan: Callable[[], AbstractAsyncContextManager[Any]] | None = None, **options: Any
) -> Worker[Any]:
    """The queue as streaq sees it. Tasks are JSON: pickled ones would run what anybody wrote to Redis."""
    if lifespan is not None:
        options["lifespan"] = lifespan
    return Worker(
        redis_url,
        redis_kwargs={"connect_timeout": CONNECT_SECONDS},
        queue_name=QUEUE,
        priorities=list(PRIORITIES),
        serializer=_to_json,
        deserializer=json.loads,
        **options,
    )


async def queue(worker: Worker[Any], jobs: Iterable[tuple[str, str]]) -> None:
    """Queues jobs by id and priority. One that is queued, or being done, is not queued again."""
    await worker.enqueue_many([_task(worker, job, priority) for job, priority in jobs])


def _task(worker: Worker[Any], job: str, priority: str) -> Task[Any, Any]:
    task = worker.enqueue_unsafe(JOB, job).start(priority=priority)
    task.id = job
    return task


def _to_json(value: Any) -> str:
    # A failed task's result is its exception.
    return json.dumps(value, default=repr, separators=(",", ":"))
