"""A connection to a note: a member of its room."""

import asyncio
from typing import TYPE_CHECKING

from picows import WSMsgType

from services.realtime import codes, protocol
from services.realtime.connection import Connection

if TYPE_CHECKING:
    from services.common.identity import Identity
    from services.realtime.connections import Connections
    from services.realtime.room import Room
    from services.realtime.rooms import Rooms

BINARY = WSMsgType.BINARY


class Seat(Connection):
    takes = BINARY

    def __init__(
        self, identity: "Identity", request_id: str, connections: "Connections", rooms: "Rooms", note: str
    ) -> None:
        super().__init__(identity, request_id, connections)
        self._message_bytes = self._limits.note_message_bytes
        self._rooms, self._note = rooms, note
        self._room: Room | None = None
        self.may_write = False
        self.behind = False
        self.asked: bytes | None = None
        self.missed: bytes | None = None
        self._answered = False
        self._saved = 0
        self._dropping: asyncio.TimerHandle | None = None

    def begin(self) -> None:
        assert self.transport is not None
        self.transport.underlying_transport.set_write_buffer_limits(high=self._limits.behind_bytes)
        self.transport.underlying_transport.pause_reading()
        self._rooms.enter(self._note, self)

    def seat(self, room: "Room") -> None:
        """The room is ready for it."""
        self._room = room
        self.read_again()

    def end(self) -> None:
        self._rooms.leave(self._note, self)
        self._room = None
        if self._dropping is not None:
            self._dropping.cancel()

    def take(self, message: bytes) -> None:
        if self._room is not None:
            self._room.receive(self, message)

    def heartbeat(self) -> None:
        if not self.behind:
            self.acknowledge(self._saved)

    def answer(self, message: bytes) -> None:
        self.send(message)
        # Who comes in asks once; more often is to be paid for.
        if self._answered:
            self.charge(len(message))
        self._answered = True

    def acknowledge(self, count: int) -> None:
        self._saved = count
        self.send(protocol.saved(count))

    def send(self, message: bytes) -> None:
        transport = self.transport
        if transport is not None and not transport.is_close_frame_sent:
            transport.send(BINARY, message)

    def pause_writing(self) -> None:
        """It reads too slowly: nothing more until it has read what waits, and not for long."""
        self.behind = True
        self._dropping = asyncio.get_running_loop().call_later(
            self._limits.behind_seconds, self.close, codes.TOO_SLOW, "the edits are not read"
        )

    def resume_writing(self) -> None:
        self.behind = False
        if self._dropping is not None:
            self._dropping.cancel()
            self._dropping = None
        if self._room is not None and self.is_open:
            self._room.catch_up(self)
