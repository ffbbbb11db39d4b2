"""A person's own connection: events as they happen."""

import asyncio
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from picows import WSMsgType

from services.common.events import channel_of, notification_event
from services.realtime import codes
from services.realtime.connection import Connection

if TYPE_CHECKING:
    from services.common.hrana import Row
    from services.common.identity import Identity
    from services.common.live.hub import Hub
    from services.common.live.mailboxes import Mailboxes
    from services.realtime.connections import Connections

READY = '{"type":"ready"}'
"""Says: from now on nothing is missed; read again what you show."""
NUDGE = notification_event()
HEARTBEAT = '{"type":"heartbeat"}'


class Session(Connection):
    """Sends events and notifications; takes nothing but pings: `{"type":"ping"}`, for who can send no others.

    `seen`: the id of the last notification that the client has; what came after it is sent first.
    """

    def __init__(
        self,
        identity: "Identity",
        request_id: str,
        connections: "Connections",
        hub: "Hub",
        mailboxes: "Mailboxes",
        seen: int | None,
    ) -> None:
        super().__init__(identity, request_id, connections)
        self.channel = channel_of(identity.user)
        self.seen = seen
        self._unread: int | None = None
        self._hub, self._mailboxes = hub, mailboxes
        self._closing: asyncio.Task[None] | None = None

    def begin(self) -> None:
        self._hub.add(self)
        self._mailboxes.open(self.identity.user, self)

    def end(self) -> None:
        self._hub.remove(self)
        self._closing = asyncio.create_task(self._mailboxes.close(self.identity.user, self))

    def deliver(self, notifications: Sequence["Row"], unread: int) -> None:
        for each in notifications:
            self.send(json.dumps({"type": "notification", **each}, ensure_ascii=False, separators=(",", ":")))
        if unread != self._unread:
            self._unread = unread
            self.send(json.dumps({"type": "unread", "count": unread}))

    def followed(self) -> None:
        self.send(READY)

    def hear(self, _channel: str, event: str) -> None:
        # The nudge is the mailbox's; the client is sent what is new.
        if event != NUDGE:
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
