"""Follows who may no longer be here: what the api tells on Redis, and after a gap what the database says."""

import asyncio
import json
from collections.abc import Coroutine, Mapping, Sequence

from services.common.hrana import Argument, Database, DatabaseFailure, Row
from services.common.log import write_log
from services.common.revocations import CHANNEL, Revocation
from services.realtime import codes
from services.realtime.connection import Connection
from services.realtime.connections import Connections

ROLES = """select workspace, user, role from memberships
where (workspace, user) in (select value ->> 0, value ->> 1 from json_each(:members))"""
LIVING = "select id from sessions where id in (select value from json_each(:sessions))"
RETRY_SECONDS = 1.0


class Doorkeeper:
    """A listener of the hub."""

    channel = CHANNEL

    def __init__(self, connections: Connections, database: Database) -> None:
        self._connections, self._database = connections, database
        self._checks: set[asyncio.Task[None]] = set()

    def hear(self, channel: str, event: str) -> None:
        if channel == CHANNEL:
            self.follow(Revocation.model_validate_json(event))

    def followed(self) -> None:
        """Something may have been missed until now."""
        self.check(list(self._connections))
        self._do(self._check_roles([each for each in self._connections if each.workspace is not None]))

    def follow(self, revocation: Revocation) -> None:
        for connection in self._connections:
            identity = connection.identity
            match revocation.kind:
                case "session" if identity.session == revocation.session:
                    sign_out(connection)
                case "user" if identity.user == revocation.user and identity.session != revocation.but:
                    sign_out(connection)
                case "membership" if identity.user == revocation.user:
                    if connection.workspace == revocation.workspace:
                        come_as_what_you_are(connection)

    def check(self, connections: list[Connection]) -> None:
        """Sees in the database whether their sessions are still there: a token outlives its session."""
        self._do(self._check([each for each in connections if each.identity.session]))

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _check(self, connections: list[Connection]) -> None:
        if connections:
            sessions = json.dumps(sorted({each.identity.session for each in connections}))
            living = {str(row["id"]) for row in await self._rows(LIVING, {"sessions": sessions})}
            for each in connections:
                if each.identity.session not in living:
                    sign_out(each)

    async def _check_roles(self, connections: list[Connection]) -> None:
        if connections:
            members = json.dumps(sorted({(str(each.workspace), each.identity.user) for each in connections}))
            rows = await self._rows(ROLES, {"members": members})
            roles = {(row["workspace"], row["user"]): row["role"] for row in rows}
            for each in connections:
                if each.role != roles.get((each.workspace, each.identity.user)):
                    come_as_what_you_are(each)

    async def _rows(self, sql: str, args: Mapping[str, Argument]) -> Sequence[Row]:
        """Once the database answers."""
        while True:
            try:
                return (await self._database.execute(sql, args)).rows
            except DatabaseFailure as failure:
                write_log("revocations", tier="realtime", failure=failure.message)
                await asyncio.sleep(RETRY_SECONDS)


def come_as_what_you_are(connection: Connection) -> None:
    """Its role is another one, or none: what it may do is decided when it comes in again."""
    connection.close(codes.COME_IN_AGAIN, "your membership has changed")


def sign_out(connection: Connection) -> None:
    connection.close(codes.SIGNED_OUT, "the session has ended")
