"""`python -m tests.bench.jobs`: jobs that do nothing, by this project, bare streaq, a bare Streams loop, and
what writing a job down costs alone.

They take turns on one Valkey and one database, so that the machine's mood falls on all of them. Then the
commands that an idle worker sends are counted, and set against Upstash's plans.
"""

import asyncio
import io
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import redis.asyncio
from streaq import Worker

from infra.vendors.upstash_limits import FREE_COMMANDS, PLANS, USD_PER_COMMAND
from services.common.hrana import Database, Statement
from services.common.jobs import NewJob
from services.common.queue import Place, queue, queue_worker
from services.jobs.work import Kind, Kinds, Work
from services.jobs.worker import create_worker
from services.settings import JobsSettings, load
from tests.support.services import Keys, environment
from tests.support.sqld import sqld
from tests.support.valkey import Valkey, valkey

ROUNDS = 3
BURST = 400
PACED = 60
PACE_SECONDS = 0.02
IDLE_SECONDS = 20.0
DAY_SECONDS = 86_400
DAYS = 30

Started = dict[str, float]


@dataclass(frozen=True)
class Figures:
    """Jobs a second of a burst, and the milliseconds from the wish to the start of one on an idle queue."""

    rate: float
    delay: float


Way = Callable[["Stand", Started, int, float], Awaitable[dict[str, float]]]
"""Wishes for some jobs, so many seconds apart, and gives when; `Started` is filled as they begin."""


@dataclass(frozen=True)
class Stand:
    cache: Valkey
    settings: JobsSettings
    database: Database


async def bare_streams(stand: Stand, started: Started, count: int, pace: float) -> dict[str, float]:
    client = redis.asyncio.Redis.from_url(stand.cache.url, decode_responses=True)
    await client.delete("bench")
    await client.xgroup_create("bench", "g", mkstream=True)

    async def consume() -> None:
        while True:
            read: Any = await client.xreadgroup("g", "c", {"bench": ">"}, count=10, block=1000)
            for _, entries in read:
                for entry, fields in entries:
                    started[fields["id"]] = time.perf_counter()
                    await client.xack("bench", "g", entry)
                    await client.xdel("bench", entry)

    async def wish(name: str) -> None:
        await client.xadd("bench", {"id": name})

    with _beside(consume()):
        wished = await _wish(wish, started, count, pace)
    await client.aclose()
    return wished


async def bare_streaq(stand: Stand, started: Started, count: int, pace: float) -> dict[str, float]:
    worker: Worker[None] = Worker(stand.cache.url, queue_name="bench", concurrency=4, handle_signals=False)

    @worker.task(silent=True)
    async def nothing(name: str) -> None:
        started[name] = time.perf_counter()

    async def wish(name: str) -> None:
        await nothing.enqueue(name)

    with _beside(worker.run_async()):
        await _until(lambda: worker._running)
        return await _wish(wish, started, count, pace)


async def three_commits(stand: Stand, started: Started, count: int, pace: float) -> dict[str, float]:
    """What is written down of a job that nothing may lose: that it is wished, begun, done. Nothing else."""
    await stand.database.execute("create table if not exists bench (id text primary key, state text)")
    await stand.database.execute("delete from bench")

    async def wish(name: str) -> None:
        await stand.database.execute("insert into bench values (:id, 'queued')", {"id": name})
        await stand.database.execute("update bench set state = 'running' where id = :id", {"id": name})
        started[name] = time.perf_counter()
        await stand.database.execute("delete from bench where id = :id", {"id": name})

    return await _wish(wish, started, count, pace)


async def ours(stand: Stand, started: Started, count: int, pace: float) -> dict[str, float]:
    async def nothing(work: Work) -> Sequence[Statement]:
        started[str(work.job.payload["name"])] = time.perf_counter()
        return []

    kinds: Kinds = {"nothing": Kind(nothing)}
    worker = create_worker(stand.settings, stand.database, kinds, [])
    worker.handle_signals = False
    with _beside(worker.run_async()):
        await _until(lambda: worker._running)
        async with queue_worker(stand.cache.url) as sender:

            async def wish(name: str) -> None:
                job = NewJob("nothing", {"name": name})
                await stand.database.transaction([job.statement()])
                await queue(sender, [(job.id, Place(job.priority))])

            return await _wish(wish, started, count, pace)


async def _wish(
    wish: Callable[[str], Awaitable[None]], started: Started, count: int, pace: float
) -> dict[str, float]:
    wished: dict[str, float] = {}
    for number in range(count):
        wished[str(number)] = time.perf_counter()
        await wish(str(number))
        await asyncio.sleep(pace)
    await _until(lambda: len(started) == count)
    return wished


@contextmanager
def _beside(work: Awaitable[None]) -> Iterator[None]:
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()


async def _until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not holds():  # noqa: ASYNC110 - what it waits for is other people's
            await asyncio.sleep(0.002)


async def measure(way: Way, stand: Stand) -> Figures:
    burst: Started = {}
    wished = await way(stand, burst, BURST, 0)
    rate = BURST / (max(burst.values()) - min(wished.values()))
    paced: Started = {}
    wished = await way(stand, paced, PACED, PACE_SECONDS)
    return Figures(rate, statistics.median(paced[name] - wished[name] for name in wished) * 1000)


async def idle_commands(stand: Stand) -> int:
    """What a worker with nothing to do sends in a day, by Valkey's count, with those inside functions."""
    worker = create_worker(stand.settings, stand.database, {}, [])
    worker.handle_signals = False
    with _beside(worker.run_async()), stand.cache.client() as client:
        await _until(lambda: worker._running)

        def count() -> int:
            stats: dict[str, dict[str, int]] = client.info("commandstats")
            return sum(each["calls"] for each in stats.values())

        before, started = count(), time.monotonic()
        await asyncio.sleep(IDLE_SECONDS)
        # The count itself is one.
        sent = count() - before - 1
        return round(sent / (time.monotonic() - started) * DAY_SECONDS)


def _report(found: dict[str, list[Figures]], idle: int) -> None:
    floor = statistics.median(each.rate for each in found["bare Streams loop"])
    print(f"{'':20} {'jobs/s':>8} {'of floor':>9} {'delay, ms':>10}   (medians of {ROUNDS} rounds in turn)")
    for name, each in found.items():
        rate, delay = (statistics.median(getattr(one, what) for one in each) for what in ("rate", "delay"))
        print(f"{name:20} {rate:8.0f} {rate / floor:9.2f} {delay:10.1f}")
    month = idle * DAYS
    print(f"\nan idle worker: {idle:,} commands a day, {month:,} in {DAYS} days")
    print(f"  free plan: {FREE_COMMANDS:,} a month, {'enough' if month <= FREE_COMMANDS else 'not enough'}")
    print(f"  pay as you go: ${month * USD_PER_COMMAND:.2f} a month")
    print(f"  fixed_250mb: ${PLANS['fixed_250mb'].usd} a month, whatever is sent")


async def main() -> None:
    ways: dict[str, Way] = {
        "bare Streams loop": bare_streams,
        "bare streaq": bare_streaq,
        "three bare commits": three_commits,
        "Shoreline": ours,
    }
    with tempfile.TemporaryDirectory(prefix="shoreline-bench-") as name:
        folder = Path(name)
        for part in ("database", "cache"):
            (folder / part).mkdir()
        with sqld(folder / "database") as database, valkey(folder / "cache") as cache:
            changes = {"TAKEOVER_SECONDS": "10", "HEARTBEAT_FILE": str(folder / "heartbeat")}
            settings = load(JobsSettings, environment(database, cache, Keys(), folder) | changes)
            stand = Stand(cache, settings, Database(settings))
            found: dict[str, list[Figures]] = {name: [] for name in ways}
            # The worker writes its log to standard output.
            with redirect_stdout(io.StringIO()):
                for _ in range(ROUNDS):
                    for each, way in ways.items():
                        found[each].append(await measure(way, stand))
                idle = await idle_commands(stand)
            await stand.database.close()
    _report(found, idle)


if __name__ == "__main__":
    asyncio.run(main())
