"""Follows sessions that end: what the api tells on Redis, and after a gap what the database says."""

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Generic, Protocol, TypeVar

from services.common.hrana import Argument, Database, DatabaseFailure, Row
from services.common.identity import Identity
from services.common.log import write_log
from services.common.revocations import CHANNEL, Revocation

LIVING = "select id from sessions where id in (select value from json_each(:sessions))"
RETRY_SECONDS = 1.0


class Guest(Protocol):
    """Whoever stays longer than a request takes."""

    @property
    def identity(self) -> Identity: ...
    def sign_out(self) -> None:
        """Its session has ended."""
        ...


G = TypeVar("G", bound=Guest)


class Sessions(Generic[G]):
    """A listener of the hub. `guests` gives all of this process, of the service `tier`."""

    channel = CHANNEL

    def __init__(self, guests: Callable[[], Iterable[G]], database: Database, tier: str) -> None:
        self._guests, self._database, self._tier = guests, database, tier
        self._checks: set[asyncio.Task[None]] = set()

    def hear(self, channel: str, event: str) -> None:
        if channel == CHANNEL:
            self.follow(Revocation.model_validate_json(event))

    def followed(self) -> None:
        """Something may have been missed until now."""
        self.check(self._guests())

    def follow(self, revocation: Revocation) -> None:
        for guest in self._guests():
            identity = guest.identity
            match revocation.kind:
                case "session" if identity.session == revocation.session:
                    guest.sign_out()
                case "user" if identity.user == revocation.user and identity.session != revocation.but:
                    guest.sign_out()

    def check(self, guests: Iterable[G]) -> None:
        """Sees in the database whether their sessions are still there: a token outlives its session."""
        self._do(self._check([each for each in guests if each.identity.session]))

    async def _check(self, guests: Sequence[G]) -> None:
        if guests:
            sessions = json.dumps(sorted({each.identity.session for each in guests}))
            living = {str(row["id"]) for row in await self._rows(LIVING, {"sessions": sessions})}
            for each in guests:
                if each.identity.session not in living:
                    each.sign_out()

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _rows(self, sql: str, args: Mapping[str, Argument]) -> Sequence[Row]:
        """Once the database answers."""
        while True:
            try:
                return (await self._database.execute(sql, args)).rows
            except DatabaseFailure as failure:
                write_log("revocations", tier=self._tier, failure=failure.message)
                await asyncio.sleep(RETRY_SECONDS)
