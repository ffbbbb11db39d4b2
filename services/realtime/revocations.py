"""Follows who may no longer be here: what the api tells on Redis, and after a gap what the database says."""

import asyncio
import json

from services.common.hrana import Database, DatabaseFailure
from services.common.log import write_log
from services.common.revocations import CHANNEL, Revocation
from services.realtime import codes
from services.realtime.connection import Connection
from services.realtime.connections import Connections

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
                        connection.close(codes.NOT_ALLOWED, "you are no longer a member")

    def check(self, connections: list[Connection]) -> None:
        """Sees in the database whether their sessions are still there: a token outlives its session."""
        task = asyncio.create_task(self._check([each for each in connections if each.identity.session]))
        self._checks.add(task)
        task.add_done_callback(self._checks.discard)

    async def _check(self, connections: list[Connection]) -> None:
        sessions = json.dumps(sorted({each.identity.session for each in connections}))
        while connections:
            try:
                rows = (await self._database.execute(LIVING, {"sessions": sessions})).rows
            except DatabaseFailure as failure:
                write_log("sessions", tier="realtime", failure=failure.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            living = {str(row["id"]) for row in rows}
            for each in connections:
                if each.identity.session not in living:
                    sign_out(each)
            return


def sign_out(connection: Connection) -> None:
    connection.close(codes.SIGNED_OUT, "the session has ended")
