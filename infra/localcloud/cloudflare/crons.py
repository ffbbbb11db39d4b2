"""Cron triggers: Cloudflare's expressions, and the clock that fires them.

The clock is UTC and fires at the minute; what fell due while the local cloud was down is not made up for.
"""

import asyncio
import contextlib
import logging
import re
import time
from datetime import UTC, datetime

from cronsim import CronSim, CronSimError

from infra.localcloud.cloudflare.engine import Engine, Outcome
from infra.localcloud.cloudflare.errors import ApiError, NotEmulated
from infra.localcloud.cloudflare.store import Store

log = logging.getLogger(__name__)

FIELDS = 5


def parse_cron(text: str) -> CronSim:
    """An iterator of moments from now on. Weekdays are 1 (Sunday) to 7 (Workers cron docs, 2026-11-23).

    Raises 10072 for what Cloudflare refuses, NotEmulated for `W`, which no library here computes.
    """
    fields = text.split()
    if len(fields) != FIELDS:
        raise _refused(text)
    if "W" in fields[2].upper().replace("LW", ""):
        raise NotEmulated(f"the cron expression {text} (W, the nearest weekday)")
    weekdays = re.sub(r"(?<![#/\d])\d+", lambda digits: _weekday(text, int(digits[0])), fields[4])
    try:
        return CronSim(" ".join([*fields[:4], weekdays]), datetime.now(UTC))
    except CronSimError:
        raise _refused(text) from None


def _weekday(text: str, number: int) -> str:
    if not 1 <= number <= 7:
        raise _refused(text)
    return str(number - 1)


def _refused(text: str) -> ApiError:
    return ApiError(400, 10072, f"Invalid cron string: {text}")


class Crons:
    """Fires the declared schedules and keeps each one's last run."""

    def __init__(self, store: Store, engine: Engine) -> None:
        self._store, self._engine = store, engine
        self._changed = asyncio.Event()
        self._clock: asyncio.Task[None] | None = None
        self._runs: set[asyncio.Task[Outcome]] = set()

    def start(self) -> None:
        self._clock = asyncio.create_task(self._tick(), name="cron triggers")

    async def stop(self) -> None:
        tasks = [*self._runs, *([self._clock] if self._clock else [])]
        for task in tasks:
            task.cancel()
        for task in tasks:
            with contextlib.suppress(asyncio.CancelledError):
                await task
        self._clock = None

    def changed(self) -> None:
        """The schedules are others now."""
        self._changed.set()

    async def fire(self, worker_id: str, cron: str, at: float) -> Outcome:
        """Run one now, as if its minute had come; `at` is the scheduled time in seconds since the epoch."""
        worker = self._store.worker(worker_id)
        started = time.monotonic()
        outcome = await self._engine.scheduled(worker["name"], cron, at)
        took = round((time.monotonic() - started) * 1000)
        log.info("cron %s of %s: %s in %d ms", cron, worker["name"], outcome.outcome, took)
        run = {"scheduled_time": at, "outcome": outcome.outcome, "version_id": outcome.version, "ms": took}
        self._store.put("cron_run", {"id": f"{worker_id} {cron}", **run})
        return outcome

    def last_run(self, worker_id: str, cron: str) -> dict[str, object] | None:
        return self._store.get("cron_run", f"{worker_id} {cron}")

    async def _tick(self) -> None:
        while True:
            self._changed.clear()
            due = self._due()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(
                    self._changed.wait(), None if due is None else max(0.0, due[0] - time.time())
                )
                continue
            assert due is not None
            for worker_id, cron in due[1]:
                run = asyncio.create_task(self.fire(worker_id, cron, due[0]))
                self._runs.add(run)
                run.add_done_callback(self._ran)

    def _due(self) -> tuple[float, list[tuple[str, str]]] | None:
        """The next moment, and what fires then."""
        moments: dict[float, list[tuple[str, str]]] = {}
        for schedule in self._store.all("schedule"):
            for entry in schedule["schedules"]:
                with contextlib.suppress(StopIteration):
                    moment = next(parse_cron(entry["cron"])).timestamp()
                    moments.setdefault(moment, []).append((schedule["id"], entry["cron"]))
        return min(moments.items(), default=None)

    def _ran(self, run: asyncio.Task[Outcome]) -> None:
        self._runs.discard(run)
        if not run.cancelled() and (failure := run.exception()) is not None:
            log.error("a cron trigger did not run", exc_info=failure)
