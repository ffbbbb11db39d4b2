"""Somebody who writes in a note: a Yjs document and one connection to the service, without a browser."""

import time
from dataclasses import dataclass, field
from typing import Protocol

import pytest
from pycrdt import Doc, Text
from websockets.exceptions import ConnectionClosed

from services.realtime import protocol
from services.realtime.updates import BODY, TITLE

DEADLINE = 20.0


class Socket(Protocol):
    def send(self, message: bytes) -> None: ...
    def recv(self, timeout: float | None = None) -> str | bytes: ...


@dataclass
class Writer:
    """Counts the updates that this connection has sent, and those that the service has acknowledged."""

    socket: Socket
    doc: "Doc[Text]" = field(default_factory=Doc)
    sent: int = 0
    saved: int = 0
    frames: list[bytes] = field(default_factory=list)
    """The awareness that has come."""
    may_write: bool | None = None

    def __post_init__(self) -> None:
        self.title = self.doc.get(TITLE, type=Text)
        self.body = self.doc.get(BODY, type=Text)

    def come_in(self) -> "Writer":
        """Both sides tell what they have, as every client does first."""
        self.socket.send(protocol.step_1(self.doc.get_state()))
        self.until(lambda: self.synced)
        return self

    synced = False

    def write(self, text: str, at: int = 0) -> None:
        before = self.doc.get_state()
        self.body.insert(at, text)
        self.send(self.doc.get_update(before))

    def erase(self, start: int, end: int) -> None:
        before = self.doc.get_state()
        del self.body[start:end]
        self.send(self.doc.get_update(before))

    def send(self, update: bytes) -> None:
        self.socket.send(protocol.update(update))
        self.sent += 1

    def until(self, happened: "object", deadline: float = DEADLINE) -> None:
        """Takes in what comes until `happened()`."""
        assert callable(happened)
        end = time.monotonic() + deadline
        while not happened():
            frame = self.socket.recv(timeout=max(0.01, end - time.monotonic()))
            assert isinstance(frame, bytes)
            self.take(frame)

    def until_saved(self) -> None:
        self.until(lambda: self.saved == self.sent)

    def until_body(self, text: str) -> None:
        self.until(lambda: str(self.body) == text)

    def take(self, frame: bytes) -> None:
        if frame[0] == protocol.SAVED:
            self.saved = _number(frame[1:])
        elif frame[0] == protocol.SYNC:
            match message := protocol.decode(frame):
                case protocol.Step1(state):
                    self.socket.send(protocol.step_2(self.doc.get_update(state)))
                    self.sent += 1
                case protocol.Step2(content) | protocol.Update(content):
                    self.doc.apply_update(content)
                    self.synced = self.synced or frame[1] == protocol.STEP_2
                case _:
                    raise AssertionError(message)
        elif frame[0] == protocol.ACCESS:
            self.may_write = frame[1] == 1
        else:
            self.frames.append(frame)

    def closed(self) -> int:
        """The code with which the service says goodbye."""
        with pytest.raises(ConnectionClosed) as ending:
            self.until(lambda: False)
        assert ending.value.rcvd is not None
        return ending.value.rcvd.code


def _number(encoded: bytes) -> int:
    return sum((byte & 0x7F) << 7 * place for place, byte in enumerate(encoded))
