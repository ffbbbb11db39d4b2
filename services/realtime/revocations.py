"""Follows who may no longer be here: their sessions, and what they are in a note's workspace."""

import json
from collections.abc import Sequence

from services.common.hrana import Database
from services.common.live.sessions import Sessions
from services.common.revocations import Revocation
from services.realtime import codes
from services.realtime.connection import Connection
from services.realtime.connections import Connections

ROLES = """select workspace, user, role from memberships
where (workspace, user) in (select value ->> 0, value ->> 1 from json_each(:members))"""


class Doorkeeper(Sessions[Connection]):
    def __init__(self, connections: Connections, database: Database) -> None:
        super().__init__(lambda: connections, database, "realtime")

    def followed(self) -> None:
        super().followed()
        self._do(self._check_roles([each for each in self._guests() if each.workspace is not None]))

    def follow(self, revocation: Revocation) -> None:
        super().follow(revocation)
        if revocation.kind == "membership":
            for each in self._guests():
                if (each.workspace, each.identity.user) == (revocation.workspace, revocation.user):
                    come_as_what_you_are(each)

    async def _check_roles(self, connections: Sequence[Connection]) -> None:
        if connections:
            members = json.dumps(sorted({(str(each.workspace), each.identity.user) for each in connections}))
            rows = await self._rows(ROLES, {"members": members})
            roles = {(row["workspace"], row["user"]): row["role"] for row in rows}
            for each in connections:
                if each.role != roles.get((each.workspace, each.identity.user)):
                    come_as_what_you_are(each)


def come_as_what_you_are(connection: Connection) -> None:
    """Its role is another one, or none: what it may do is decided when it comes in again."""
    connection.close(codes.COME_IN_AGAIN, "your membership has changed")
