"""One WebSocket connection."""

import asyncio
import json
import time
from typing import TYPE_CHECKING

from picows import WSCloseCode, WSFrame, WSListener, WSMsgType, WSTransport

from services.common.log import write_log

if TYPE_CHECKING:
    from picows.picows import WSCloseHandshake

    from services.common.identity import Identity
    from services.realtime.hub import Hub
    from services.realtime.limits import Limits

GOODBYE_SECONDS = 5.0
"""What a client has to answer a close before the connection is cut."""


class Session(WSListener):
    """Sends events; takes nothing but pings: `{"type":"ping"}`, for clients that can send no others."""

    def __init__(self, identity: "Identity", request_id: str, hub: "Hub", limits: "Limits") -> None:
        super().__init__()
        self.user, self.id = identity.user, request_id
        self._hub, self._limits = hub, limits
        self._transport: WSTransport | None = None
        self._started = time.monotonic()
        self._end: asyncio.TimerHandle | None = None
        self._parts = bytearray()
        self.ended = asyncio.Event()

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transport = transport
        loop = asyncio.get_running_loop()
        self._end = loop.call_later(
            self._limits.lifetime_seconds, self.close, WSCloseCode.GOING_AWAY, "come in again"
        )
        self._hub.add(self)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transport = None
        if self._end is not None:
            self._end.cancel()
        self._hub.remove(self)
        self.ended.set()
        handshake: WSCloseHandshake | None = transport.close_handshake
        closed = None if handshake is None else handshake.recv or handshake.sent
        code = None if closed is None else closed.code.value
        seconds = round(time.monotonic() - self._started, 1)
        write_log("closed", id=self.id, tier="realtime", seconds=seconds, code=code)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        match frame.msg_type:
            case WSMsgType.CLOSE:
                if not transport.is_close_frame_sent:
                    transport.send_close(frame.get_close_code())
                transport.disconnect()
            case WSMsgType.BINARY:
                self.close(WSCloseCode.UNSUPPORTED_DATA, "text only")
            case WSMsgType.TEXT | WSMsgType.CONTINUATION:
                self._take(frame)

    def _take(self, frame: WSFrame) -> None:
        """A message may come in parts; together they are as limited as one."""
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > self._limits.message_bytes:
            self._parts.clear()
            self.close(WSCloseCode.MESSAGE_TOO_BIG, "")
        elif frame.fin:
            message, self._parts = bytes(self._parts), bytearray()
            self._answer(message)

    def _answer(self, message: bytes) -> None:
        try:
            understood = json.loads(message) == {"type": "ping"}
        except ValueError:
            understood = False
        if understood:
            self.send('{"type":"pong"}')
        else:
            self.close(WSCloseCode.POLICY_VIOLATION, "not a message of this service")

    def send(self, event: str) -> None:
        """Lets a client go that reads slower than it is sent to."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        transport.send(WSMsgType.TEXT, event.encode())
        if transport.underlying_transport.get_write_buffer_size() > self._limits.unread_bytes:
            transport.disconnect(graceful=False)

    def close(self, code: WSCloseCode, reason: str) -> None:
        """Says goodbye, and cuts the connection unless the client answers in time."""
        transport = self._transport
        if transport is None or transport.is_close_frame_sent:
            return
        transport.send_close(code, reason.encode())
        asyncio.get_running_loop().call_later(GOODBYE_SECONDS, transport.disconnect, False)
