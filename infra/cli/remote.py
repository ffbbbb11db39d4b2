"""The stack's servers, as an operator reaches them: over SSH, with the pinned host key."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import asyncssh

from infra.cli import engine
from infra.errors import UserError
from infra.providers.running import SSH_KEY
from infra.settings import ServerSettings

CONNECT_SECONDS = 10.0
SERVERS = "shoreline:servers"


@dataclass(frozen=True)
class Remote:
    """One server, and the key that opens it."""

    server: ServerSettings
    key: str

    @classmethod
    def all(cls) -> "list[Remote]":
        """Those of the stack in use. Raises UserError."""
        config = engine.config()
        key = config[SSH_KEY]
        return [cls(ServerSettings.model_validate(each), key) for each in json.loads(config[SERVERS])]

    @classmethod
    def deploying(cls) -> "Remote":
        """The first server, as the user who takes pushes there. Raises UserError."""
        first = next(iter(cls.all()), None)
        if first is None:
            raise UserError(SERVERS, "there is no server, and so nothing to push to", "Declare one")
        user = first.server.deploy_user or first.server.user
        return cls(first.server.model_copy(update={"user": user}), first.key)

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[asyncssh.SSHClientConnection]:
        """Raises UserError where the server isn't reached, or breaks off."""
        server = self.server
        try:
            async with asyncssh.connect(
                server.host,
                server.port,
                username=server.user,
                client_keys=[asyncssh.import_private_key(self.key)],
                known_hosts=([asyncssh.import_public_key(server.host_key)], [], []),
                agent_path=None,
                config=None,
                connect_timeout=CONNECT_SECONDS,
            ) as connection:
                yield connection
        except (OSError, asyncssh.Error) as error:
            where = f"{SERVERS} {server.name} ({server.host}:{server.port})"
            raise UserError(where, str(error), "Start the server, or run `make up`") from None
