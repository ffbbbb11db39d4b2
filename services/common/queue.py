"""The job queue on Redis: names and wire format that the api, which fills it, and the jobs service share."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from streaq import Worker

QUEUE = "shoreline"
EXPORT = "export"
"""The job that makes an export: its id is the task's id and only argument."""

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
        serializer=_to_json,
        deserializer=json.loads,
        **options,
    )


def _to_json(value: Any) -> str:
    # A failed task's result is its exception.
    return json.dumps(value, default=repr, separators=(",", ":"))
