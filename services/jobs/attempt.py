"""One try of a job: claim it, let its handler work, write down its effect and end, or when to try again."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass

from services.common.events import Publisher
from services.common.files.disk import Disk, is_full
from services.common.hrana import Database, DatabaseFailure, Value
from services.common.ids import now_ms
from services.common.jobs import NO_ROOM, State
from services.jobs.work import Job, Kind, Kinds, Refused, Superseded, Work
from services.settings import JobsSettings

CLAIM = """update jobs set state = 'running', tries = tries + 1,
  due = :now + 1000 * coalesce(json_extract(:seconds, '$."' || kind || '"'), 30)
where id = :id and (state = 'running' or state = 'queued' and due <= :now)
returning kind, owner, payload, tries, created"""
AGAIN = """update jobs set state = 'queued', due = :due, error = :error, tries = :tries
where id = :id and state = 'running' returning id"""

BACKOFF_SECONDS = 1.0
LONGEST_BACKOFF_SECONDS = 300.0
LONGEST_WAIT_SECONDS = 60.0
GIVEN_UP = "Something went wrong here. Try again later."
"""What the owner of a dead job is told; what happened is in the job's row."""


def backoff(tries: int) -> float:
    """Seconds until the next try: twice as many each time, less some by chance to spread them."""
    longest = min(BACKOFF_SECONDS * 2**tries, LONGEST_BACKOFF_SECONDS)
    return random.uniform(longest / 2, longest)  # noqa: S311 - no secret


def wait_for_room(waited: float) -> float:
    """Seconds until it is looked again: half as long as was waited, within limits."""
    return max(backoff(1), min(waited / 2, LONGEST_WAIT_SECONDS))


@dataclass(frozen=True)
class Tried:
    """`kind`: None where there was nothing to do; `again`: seconds until the next try, if there is one."""

    kind: str | None = None
    failure: str | None = None
    again: float | None = None


class Attempts:
    """Makes them. `kinds` says what is done."""

    def __init__(
        self, settings: JobsSettings, database: Database, publisher: Publisher, kinds: Kinds
    ) -> None:
        self._settings, self._database, self._publisher = settings, database, publisher
        self._disk = Disk(settings.files_folder, settings.files_reserve_bytes)
        self._kinds = kinds
        self._seconds = json.dumps({name: kind.seconds for name, kind in kinds.items()})

    async def make(self, identifier: str) -> Tried:
        """One try, unless the job has ended or is not due."""
        try:
            if (job := await self._claim(identifier)) is None:
                return Tried()
            return await self._make(Work(job, self._settings, self._database, self._publisher, self._disk))
        except DatabaseFailure as failure:
            # Nothing could be written down: the job is still running, for whoever takes it next.
            return Tried(None, _words(failure), backoff(1))

    async def _make(self, work: Work) -> Tried:
        kind = self._kinds.get(work.job.kind, _UNKNOWN)
        if work.job.tries > kind.tries:
            return await self._end(work, kind, "dead", "every try ended with its process")
        try:
            await work.tell("running")
            async with asyncio.timeout(kind.seconds):
                statements = await kind.run(work)
            await work.end(statements, "done", None, now_ms())
        except Superseded:
            return Tried(work.job.kind)
        except Refused as refused:
            return await self._end(work, kind, "refused", str(refused))
        except Exception as error:
            if is_full(error):
                return await self._waits(work)
            return await self._failed(work, kind, _words(error))
        await work.tell("done")
        with suppress(Exception):
            await kind.afterwards(work)
        return Tried(work.job.kind)

    async def _claim(self, identifier: str) -> Job | None:
        args: dict[str, Value] = {"id": identifier, "now": now_ms(), "seconds": self._seconds}
        for row in (await self._database.execute(CLAIM, args)).rows:
            return Job(
                identifier,
                str(row["kind"]),
                None if row["owner"] is None else str(row["owner"]),
                json.loads(str(row["payload"])),
                int(row["tries"] or 0),
                int(row["created"] or 0),
            )
        return None

    async def _failed(self, work: Work, kind: Kind, words: str) -> Tried:
        if work.job.tries >= kind.tries:
            return await self._end(work, kind, "dead", words)
        return await self._again(work, words, backoff(work.job.tries), work.job.tries)

    async def _waits(self, work: Work) -> Tried:
        """For room on the disk, as long as it takes: it is not the job's fault, so no try is counted."""
        waited = (now_ms() - work.job.created) / 1000
        return await self._again(work, NO_ROOM, wait_for_room(waited), work.job.tries - 1)

    async def _again(self, work: Work, words: str, delay: float, tries: int) -> Tried:
        due = now_ms() + round(delay * 1000)
        args: dict[str, Value] = {"id": work.job.id, "due": due, "error": words, "tries": tries}
        waits = (await self._database.execute(AGAIN, args)).rows
        await work.tell("queued", error=words if words == NO_ROOM else None)
        return Tried(work.job.kind, words, delay if waits else None)

    async def _end(self, work: Work, kind: Kind, state: State, error: str) -> Tried:
        told = error if state == "refused" else GIVEN_UP
        try:
            await work.end(kind.failed(work.job, told), state, error, now_ms())
        except Superseded:
            return Tried(work.job.kind)
        await work.tell(state, error=told)
        return Tried(work.job.kind, f"{state}: {error}")


def _words(error: Exception) -> str:
    """For operators. Only our own errors' words: those of others may hold what people wrote."""
    match error:
        case DatabaseFailure(kind=kind, message=message):
            return f"database {kind}: {message}"
        case TimeoutError():
            return "it took too long"
        case OSError():
            return f"{type(error).__name__}: {error.strerror}"
        case _:
            return type(error).__name__


async def _unknown(_work: Work) -> list[object]:
    raise LookupError


_UNKNOWN = Kind(_unknown)  # type: ignore[arg-type] # never gives anything
"""Of another release, which may still be coming."""
