"""Ending tasks."""

import asyncio
from typing import Any

AGAIN_SECONDS = 0.1


async def end(task: "asyncio.Task[Any]") -> None:
    """Cancels the task until it has ended; its own failure is nobody's any more.

    Once is not enough: `asyncio.wait_for` of Python 3.11, which clients use, may swallow a cancellation.
    """
    while not task.done():
        task.cancel()
        await asyncio.wait([task], timeout=AGAIN_SECONDS)
    if not task.cancelled():
        task.exception()
