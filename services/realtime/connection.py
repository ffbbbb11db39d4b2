"""One WebSocket connection: its messages, limits and end, whatever it is for."""

import asyncio
import time
from typing import TYPE_CHECKING

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from services.common.log import write_log
from services.realtime import codes
from services.realtime.budget import Bucket, take

if TYPE_CHECKING:
    from collections.abc import Sequence

    from picows.picows import WSCloseHandshake

    from services.common.identity import Identity
    from services.realtime.connections import Connections
    from services.realtime.limits import Limits

GOODBYE_SECONDS = 5.0
"""What a client has to answer a close before the connection is cut."""


class Connection(WSListener):
    """What it is for: a subclass's `begin`, `take`, `heartbeat` and `end`."""

    takes = WSMsgType.TEXT
    """The only type of message that it takes."""

    def __init__(self, identity: "Identity", request_id: str, connections: "Connections") -> None:
        super().__init__()
        self.identity, self.id = identity, request_id
        self.workspace: str | None = None
        """Where it counts against a workspace's limits."""
        self.role: str | None = None
        """In that workspace, as the database said when it came in."""
        self.transport: WSTransport | None = None
        self.ended = asyncio.Event()
        self.buckets: Sequence[Bucket] = ()
        self._connections = connections
        self._limits = connections.limits
        self._message_bytes = self._limits.message_bytes
        self._started = time.monotonic()
        self._lifetime: asyncio.TimerHandle | None = None
        self._read_later: asyncio.TimerHandle | None = None
        self._parts = bytearray()

    @property
    def limits(self) -> "Limits":
        return self._limits

    def begin(self) -> None:
        """It is open."""

    def take(self, message: bytes) -> None:
        """A whole message has come."""

    def heartbeat(self) -> None:
        """Sends something, so that the client knows that somebody is there."""

    def end(self) -> None:
        """It is gone."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport
        self._lifetime = asyncio.get_running_loop().call_later(
            self._limits.lifetime_seconds, self.close, codes.COME_IN_AGAIN, "come in again"
        )
        self._connections.add(self)
        self.begin()

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.transport = None
        for timer in (self._lifetime, self._read_later):
            if timer is not None:
                timer.cancel()
        self._connections.remove(self)
        self.end()
        self.ended.set()
        seconds = round(time.monotonic() - self._started, 1)
        write_log("closed", id=self.id, tier="realtime", seconds=seconds, code=_code(transport))

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if self.is_open:
            # Whatever it is: pings and empty parts of messages are work, too.
            self.charge(frame.payload_size + self._limits.message_cost)
        match frame.msg_type:
            case WSMsgType.CLOSE:
                if not transport.is_close_frame_sent:
                    transport.send_close(frame.get_close_code())
                transport.disconnect()
            case WSMsgType.PING:
                transport.send_pong(frame.get_payload_as_bytes())
            case self.takes | WSMsgType.CONTINUATION:
                self._gather(frame)
            case WSMsgType.TEXT | WSMsgType.BINARY:
                self.close(codes.UNSUPPORTED, f"{self.takes.name.lower()} only")

    def _gather(self, frame: WSFrame) -> None:
        """A message may come in parts; together they are as limited as one."""
        if len(self._parts) + frame.payload_size > self._message_bytes:
            self._parts.clear()
            self.close(codes.TOO_LARGE, "")
        elif not frame.fin:
            self._parts += frame.get_payload_as_memoryview()
        elif self._parts:
            message, self._parts = bytes(self._parts + frame.get_payload_as_memoryview()), bytearray()
            self._pass_on(message)
        else:
            self._pass_on(frame.get_payload_as_bytes())

    def _pass_on(self, message: bytes) -> None:
        if self.is_open:
            self.take(message)

    def charge(self, amount: int) -> None:
        """Who sends too much, or asks for too much, is not read from for a while."""
        wait = take(self.buckets, amount, time.monotonic())
        if wait > 0 and self.transport is not None:
            self.transport.underlying_transport.pause_reading()
            # What had been read already counts, too: the wait for the last of it is the longest.
            if self._read_later is not None:
                self._read_later.cancel()
            self._read_later = asyncio.get_running_loop().call_later(wait, self.read_again)

    def read_again(self) -> None:
        self._read_later = None
        if self.transport is not None:
            self.transport.underlying_transport.resume_reading()

    @property
    def is_open(self) -> bool:
        return self.transport is not None and not self.transport.is_close_frame_sent

    def sign_out(self) -> None:
        self.close(codes.SIGNED_OUT, "the session has ended")

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Says goodbye, and cuts the connection unless the client answers in time."""
        transport = self.transport
        if transport is None or transport.is_close_frame_sent:
            return
        transport.send_close(code, reason.encode())
        # A client that waits to be read from couldn't answer.
        transport.underlying_transport.resume_reading()
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.disconnect, False)


class Refused(WSListener):
    """A connection that can't stay. A page never sees what answers an upgrade, only a close code."""

    def __init__(self, reason: str) -> None:
        super().__init__()
        self._reason = reason

    def on_ws_connected(self, transport: WSTransport) -> None:
        transport.send_close(codes.TRY_LATER, self._reason.encode())
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.disconnect, False)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type is WSMsgType.CLOSE:
            transport.disconnect()


def _code(transport: WSTransport) -> int | None:
    handshake: WSCloseHandshake | None = transport.close_handshake  # whatever picows' types say
    closed = None if handshake is None else handshake.recv or handshake.sent
    return None if closed is None else int(closed.code)  # type: ignore[call-overload] # an IntEnum or a number
