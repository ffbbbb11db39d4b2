"""A person's own connection: events as they happen."""

import json
from typing import TYPE_CHECKING

from picows import WSMsgType

from services.common.events import channel_of
from services.realtime import codes
from services.realtime.connection import Connection

if TYPE_CHECKING:
    from services.common.identity import Identity
    from services.realtime.connections import Connections
    from services.realtime.hub import Hub

READY = '{"type":"ready"}'
"""Says: from now on nothing is missed; read again what you show."""
HEARTBEAT = '{"type":"heartbeat"}'


class Session(Connection):
    """Sends events; takes nothing but pings: `{"type":"ping"}`, for clients that can send no others."""

    def __init__(self, identity: "Identity", request_id: str, connections: "Connections", hub: "Hub") -> None:
        super().__init__(identity, request_id, connections)
        self.channel = channel_of(identity.user)
        self._hub = hub

    def begin(self) -> None:
        self._hub.add(self)

    def end(self) -> None:
        self._hub.remove(self)

    def followed(self) -> None:
        self.send(READY)

    def hear(self, _channel: str, event: str) -> None:
        self.send(event)

    def heartbeat(self) -> None:
        self.send(HEARTBEAT)

    def take(self, message: bytes) -> None:
        try:
            understood = json.loads(message) == {"type": "ping"}
        except (ValueError, RecursionError):
            understood = False
        if understood:
            self.send('{"type":"pong"}')
        else:
            self.close(codes.AGAINST_THE_RULES, "not a message of this service")

    def send(self, event: str) -> None:
        """Lets a client go that reads slower than it is sent to."""
        transport = self.transport
        if transport is None or not self.is_open:
            return
        transport.send(WSMsgType.TEXT, event.encode())
        if transport.underlying_transport.get_write_buffer_size() > self._limits.unread_bytes:
            self.close(codes.TOO_SLOW, "events are not read")
