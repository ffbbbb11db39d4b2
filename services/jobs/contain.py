"""Runs one of services/jobs/contained in a process of its own, and ends it where it takes too long."""

import asyncio
import os
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import services
from services.common.files.disk import DiskFull
from services.jobs.work import Refused

ROOT = Path(services.__file__).parent.parent
_PYTHON = (sys.executable, "-E", "-s", "-B", "-m")
SECONDS = 45.0
TOO_MUCH = "The file can't be processed: it is damaged, or asks for too much."
_MOST_LINE = 4096

# Their memory together with the service's stays within that of its unit.
_one = asyncio.Semaphore(1)

Progress = Callable[[int, int], Awaitable[None]]


async def contain(program: str, *arguments: Path, progress: Progress | None = None) -> None:
    """Raises Refused where the program says so, dies or takes too long: it is the file's fault; DiskFull."""
    async with _one:
        process = await asyncio.create_subprocess_exec(
            *_PYTHON,
            f"services.jobs.contained.{program}",
            *arguments,
            cwd=ROOT,
            # No variable of ours: they hold secrets.
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "HOME": "/nonexistent"},
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            limit=_MOST_LINE,
            start_new_session=True,
        )
        try:
            async with asyncio.timeout(SECONDS):
                await _follow(process, progress)
                code = await process.wait()
        except (TimeoutError, ValueError):
            raise Refused(TOO_MUCH) from None
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    if code != 0:
        raise Refused(TOO_MUCH)


async def _follow(process: asyncio.subprocess.Process, progress: Progress | None) -> None:
    """Its lines: `done N TOTAL`, or `refused WHY`, or `full`."""
    assert process.stdout is not None
    async for line in process.stdout:
        match line.decode("utf-8", "replace").strip().partition(" "):
            case "refused", _, why:
                raise Refused(why)
            case "full", _, _:
                raise DiskFull
            case "done", _, numbers if progress is not None:
                done, total = numbers.split()
                await progress(int(done), int(total))
