"""The messages of collaboration: those of y-protocols, and an acknowledgement of our own. Pure.

A frame holds one message: its kind, then its content. Kinds 0 (sync) and 1 (awareness) are those of
y-protocols 1.0 and y-websocket 3. Two are ours and go to clients only. 100: the first `count` updates that
this connection has sent are durable. 101: whether it may write.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

SYNC, AWARENESS, SAVED, ACCESS = 0, 1, 100, 101
STEP_1, STEP_2, UPDATE = 0, 1, 2

LARGEST = 2**53 - 1
"""The largest integer that JavaScript has."""


class NotAMessage(Exception):
    """The bytes are no message of this protocol."""


@dataclass(frozen=True)
class Step1:
    """Asks for what is missing from `state`, a Yjs state vector."""

    state: bytes


@dataclass(frozen=True)
class Step2:
    """The answer to Step1: what the other side lacks, which may be nothing."""

    content: bytes


@dataclass(frozen=True)
class Update:
    """An edit, as it is made."""

    content: bytes


@dataclass(frozen=True)
class Presence:
    """What one Yjs client tells of itself; `state` None: it has gone. The higher clock is the newer one."""

    client: int
    clock: int
    state: Mapping[str, Any] | None


@dataclass(frozen=True)
class Awareness:
    presences: Sequence[Presence]


Message = Step1 | Step2 | Update | Awareness


def decode(frame: bytes) -> Message:
    """The message of a client. Raises NotAMessage."""
    reader = Reader(frame)
    kind = reader.number()
    if kind not in _DECODERS:
        raise NotAMessage("no such kind")
    message = _DECODERS[kind](reader)
    reader.end()
    return message


def step_1(state: bytes) -> bytes:
    return bytes((SYNC, STEP_1)) + _sized(state)


def step_2(content: bytes) -> bytes:
    return bytes((SYNC, STEP_2)) + _sized(content)


def update(content: bytes) -> bytes:
    return bytes((SYNC, UPDATE)) + _sized(content)


def awareness(presences: Sequence[Presence]) -> bytes:
    parts = [number(len(presences))]
    for each in presences:
        state = json.dumps(each.state, ensure_ascii=False, separators=(",", ":")).encode()
        parts += [number(each.client), number(each.clock), _sized(state)]
    return bytes((AWARENESS,)) + _sized(b"".join(parts))


def saved(count: int) -> bytes:
    return bytes((SAVED,)) + number(count)


def access(*, may_write: bool) -> bytes:
    return bytes((ACCESS, may_write))


def number(value: int) -> bytes:
    """lib0's variable length encoding of an unsigned integer."""
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    encoded.append(value)
    return bytes(encoded)


def _sized(content: bytes) -> bytes:
    return number(len(content)) + content


def _sync(reader: "Reader") -> Step1 | Step2 | Update:
    step = reader.number()
    if step not in _STEPS:
        raise NotAMessage("no such step")
    return _STEPS[step](reader.bytes())


def _awareness(reader: "Reader") -> Awareness:
    content = Reader(reader.bytes())
    presences = [_presence(content) for _ in range(content.number())]
    content.end()
    return Awareness(presences)


def _presence(reader: "Reader") -> Presence:
    client, clock = reader.number(), reader.number()
    try:
        state = json.loads(reader.bytes())
    except (ValueError, RecursionError):
        raise NotAMessage("presence is no JSON") from None
    if state is not None and not isinstance(state, dict):
        raise NotAMessage("presence is no object")
    return Presence(client, clock, state)


_STEPS: Mapping[int, type[Step1 | Step2 | Update]] = {STEP_1: Step1, STEP_2: Step2, UPDATE: Update}
_DECODERS: Mapping[int, Callable[["Reader"], Message]] = {
    SYNC: _sync,
    AWARENESS: _awareness,
}


class Reader:
    def __init__(self, content: bytes) -> None:
        self._content, self._at = content, 0

    def number(self) -> int:
        value = shift = 0
        while True:
            if self._at >= len(self._content):
                raise NotAMessage("cut short")
            byte = self._content[self._at]
            self._at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if value > LARGEST or shift > 63:
                raise NotAMessage("too large a number")
            if byte < 0x80:
                return value

    def byte(self) -> int:
        if self._at >= len(self._content):
            raise NotAMessage("cut short")
        self._at += 1
        return self._content[self._at - 1]

    def bytes(self) -> bytes:
        end = self.number() + self._at
        if end > len(self._content):
            raise NotAMessage("cut short")
        content, self._at = self._content[self._at : end], end
        return content

    def end(self) -> None:
        if self._at != len(self._content):
            raise NotAMessage("something follows")
