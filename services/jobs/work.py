"""What a kind of job is: a handler that prepares an effect, and the limits that it works within."""

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from services.common.events import Publisher, channel_of, job_event
from services.common.files.disk import Disk
from services.common.hrana import Database, DatabaseFailure, Result, Statement
from services.common.jobs import State
from services.settings import JobsSettings

PROGRESS_SECONDS = 0.25
"""Progress is not told more often."""

_GUARD = """insert into effects (job, step, state)
values (:job, :step, (select state from jobs where id = :job))"""
_STEPS = "select step from effects where job = :job"
_LAST = "end"


class Refused(Exception):
    """The job can't be done, however often it is tried; the message is for its owner."""


class Superseded(Exception):
    """The effect has happened already, or the job was cancelled: nothing is left to do."""


@dataclass(frozen=True)
class Job:
    """`tries`: which one this is, since the job last got further."""

    id: str
    kind: str
    owner: str | None
    payload: Mapping[str, Any]
    tries: int
    created: int


@dataclass
class Work:
    """One try of a job, and what its handler may use."""

    job: Job
    settings: JobsSettings
    database: Database
    publisher: Publisher
    disk: Disk
    told: float = field(default=0.0, init=False)

    async def tell(
        self, state: State, progress: Mapping[str, int] | None = None, error: str | None = None
    ) -> None:
        """Tells the owner. Nothing depends on it: a page that missed an event asks."""
        if self.job.owner is not None:
            event = job_event(self.job.id, self.job.kind, state, progress, error)
            with suppress(Exception):
                await self.publisher.publish(channel_of(self.job.owner), event)

    async def progress(self, done: int, total: int) -> None:
        """Tells the owner how far it is, a few times a second at most."""
        if time.monotonic() - self.told >= PROGRESS_SECONDS or done == total:
            self.told = time.monotonic()
            await self.tell("running", {"done": done, "total": total})

    async def steps(self) -> frozenset[str]:
        """Those that were done by earlier tries."""
        rows = (await self.database.execute(_STEPS, {"job": self.job.id})).rows
        return frozenset(str(row["step"]) for row in rows)

    async def step(self, name: str, statements: Sequence[Statement]) -> Sequence[Result]:
        """One of many effects of a job: in one transaction, once. Raises Superseded.

        The job has got further, so its tries are counted anew.
        """
        again = Statement("update jobs set tries = 1 where id = :job", {"job": self.job.id})
        return await self._effect(name, [*statements, again])

    async def end(self, statements: Sequence[Statement], state: State, error: str | None, now: int) -> None:
        """The last effect, and the end of the job. Raises Superseded."""
        about: dict[str, Any] = {"job": self.job.id, "state": state, "error": error, "now": now}
        ended = "update jobs set state = :state, error = :error, finished = :now where id = :job"
        forgotten = Statement("delete from effects where job = :job", {"job": self.job.id})
        await self._effect(_LAST, [*statements, Statement(ended, about), forgotten])

    async def _effect(self, step: str, statements: Sequence[Statement]) -> Sequence[Result]:
        guard = Statement(_GUARD, {"job": self.job.id, "step": step})
        try:
            return (await self.database.transaction([guard, *statements]))[1:]
        except DatabaseFailure as failure:
            if (failure.code or "").startswith("SQLITE_CONSTRAINT") and "effects" in failure.message:
                raise Superseded from None
            raise


Handler = Callable[[Work], Awaitable[Sequence[Statement]]]
"""Prepares the job's effect: the statements that are run, once, in the transaction that ends the job."""


def _nothing(_job: Job, _error: str) -> Sequence[Statement]:
    return ()


async def _nobody(_work: Work) -> None:
    return None


@dataclass(frozen=True)
class Kind:
    """`seconds`: what a try may take; `failed`: what also is so once the job is refused or dead.

    `afterwards` tells others than the owner. It is not done again: nothing may depend on it.
    """

    run: Handler
    seconds: int = 30
    tries: int = 8
    failed: Callable[[Job, str], Sequence[Statement]] = _nothing
    afterwards: Callable[[Work], Awaitable[None]] = _nobody


Kinds = Mapping[str, Kind]
