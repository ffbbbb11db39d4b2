"""What a client may send of a Yjs document: text of a note's title and body, and what was deleted. Pure.

yrs takes more than a note holds, panics at some of it halfway, and corrupts its memory where pieces wait for
others that are missing (pycrdt 0.14.13, 2026-11-26): so what no editor of text makes is refused before it
gets there. The encoding is version 1 of Yjs' own.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from services.realtime.protocol import NotAMessage, Reader

V = TypeVar("V")

TITLE, BODY = "title", "body"
_ROOTS = (TITLE, BODY)
_HAS_ORIGIN, _HAS_RIGHT_ORIGIN = 0x80, 0x40
_DELETED, _STRING = 1, 4
_NAMED = 1
_MOST = 2**31 - 1
"""Characters of one client's, ever."""

State = Mapping[int, int]
"""Yjs' state vector: how many characters of each client's are there."""


class BadUpdate(Exception):
    """The bytes are no Yjs update, or none of a note's."""


class SomethingMissing(Exception):
    """An update builds on others, which are not here."""


def read_state(encoded: bytes) -> dict[int, int]:
    """Raises BadUpdate."""
    try:
        reader = Reader(encoded)
        state = _distinct(_id(reader) for _ in range(reader.number()))
        reader.end()
    except NotAMessage:
        raise BadUpdate from None
    return state


@dataclass(frozen=True)
class Contents:
    """`reach`: how far each client's text is here with it; `restates`: some of it is here already."""

    reach: Mapping[int, int]
    restates: bool


@dataclass(frozen=True)
class _Piece:
    """A piece of text, up to `end`; `beside`: the characters, by client, that it was put between."""

    end: int
    beside: Sequence[tuple[int, int]]


def read_update(encoded: bytes, here: State) -> Contents:
    """Raises BadUpdate and SomethingMissing."""
    try:
        reader = Reader(encoded)
        pieces = _distinct(_pieces(reader) for _ in range(reader.number()))
        deleted = _distinct(_ranges(reader) for _ in range(reader.number()))
        reader.end()
    except (NotAMessage, UnicodeDecodeError):
        raise BadUpdate from None
    ahead = [first - here.get(client, 0) for client, (first, _) in pieces.items()]
    if any(by > 0 for by in ahead):
        raise SomethingMissing
    reach = _placed({client: of for client, (_, of) in pieces.items()}, here)
    if any(end > reach.get(client, here.get(client, 0)) for client, end in deleted.items()):
        raise SomethingMissing
    return Contents(reach, any(by < 0 for by in ahead))


def _placed(pieces: Mapping[int, Sequence[_Piece]], here: State) -> dict[int, int]:
    """How far each client's pieces reach, each put after those beside it. Raises SomethingMissing."""
    reach = {client: here.get(client, 0) for client in pieces}
    left = {client: deque(of) for client, of in pieces.items()}
    waiting: dict[int, set[int]] = {}
    ready = list(pieces)
    while ready:
        client = ready.pop()
        before = len(left[client])
        while left[client]:
            missing = [
                other for other, at in left[client][0].beside if at >= reach.get(other, here.get(other, 0))
            ]
            if missing:
                waiting.setdefault(missing[0], set()).add(client)
                break
            reach[client] = max(reach[client], left[client].popleft().end)
        if len(left[client]) < before:
            ready += waiting.pop(client, ())
    if any(left.values()):
        raise SomethingMissing
    return reach


def _pieces(reader: Reader) -> tuple[int, tuple[int, Sequence[_Piece]]]:
    """Everything by one client: which, from where on, and its pieces."""
    count, (client, first) = reader.number(), _id(reader)
    _require(count > 0)
    clock, pieces = first, []
    for _ in range(count):
        pieces.append(_piece(reader, client, clock))
        clock = pieces[-1].end
        _require(clock <= _MOST)
    return client, (first, pieces)


def _piece(reader: Reader, client: int, clock: int) -> _Piece:
    """One piece of text, there or deleted."""
    info = reader.byte()
    content = info & ~(_HAS_ORIGIN | _HAS_RIGHT_ORIGIN)
    _require(content in (_DELETED, _STRING))
    beside = [_id(reader) for bit in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN) if info & bit]
    _require(all(other != client or at < clock for other, at in beside))
    if not beside:
        _require(reader.number() == _NAMED and reader.bytes().decode() in _ROOTS)
    # Yjs counts as JavaScript does.
    length = reader.number() if content == _DELETED else len(reader.bytes().decode().encode("utf-16-le")) // 2
    _require(0 < length <= _MOST)
    return _Piece(clock + length, beside)


def _ranges(reader: Reader) -> tuple[int, int]:
    """What is deleted of one client's text: whose, and up to where."""
    client, count, end = reader.number(), reader.number(), 0
    _require(count > 0)
    for _ in range(count):
        clock, length = reader.number(), reader.number()
        _require(length > 0)
        end = max(end, clock + length)
    _require(end <= _MOST)
    return client, end


def _id(reader: Reader) -> tuple[int, int]:
    client, clock = reader.number(), reader.number()
    _require(clock <= _MOST)
    return client, clock


def _distinct(pairs: Iterable[tuple[int, V]]) -> dict[int, V]:
    given = list(pairs)
    found = dict(given)
    _require(len(found) == len(given))
    return found


def _require(holds: bool) -> None:
    if not holds:
        raise BadUpdate
