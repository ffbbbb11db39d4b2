"""Who is connected to which tunnel right now: held in memory, as a connection is no declared state."""

import asyncio
import uuid
from dataclasses import dataclass, field

from infra.localcloud.cloudflare.envelope import now


@dataclass(frozen=True)
class Connector:
    """One `cloudflared` with its one connection; `server` is the name it gave itself, `closed` ends it."""

    tunnel_id: str
    server: str
    config_version: int
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    connection_id: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: str = field(default_factory=now)
    closed: asyncio.Event = field(default_factory=asyncio.Event)


class Connectors:
    def __init__(self) -> None:
        self._by_id: dict[str, Connector] = {}

    def of(self, tunnel_id: str) -> list[Connector]:
        """Oldest first."""
        return [each for each in self._by_id.values() if each.tunnel_id == tunnel_id]

    def tunnels(self) -> set[str]:
        """Ids of the tunnels that have a connector."""
        return {each.tunnel_id for each in self._by_id.values()}

    def join(self, connector: Connector) -> None:
        self._by_id[connector.id] = connector

    def leave(self, connector: Connector) -> None:
        self._by_id.pop(connector.id, None)
