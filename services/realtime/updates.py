"""What a client may send of a Yjs document: text of a note's title and body, and what was deleted. Pure.

yrs takes more than a note holds, panics at some of it halfway, and corrupts its memory where pieces wait for
others that are missing (pycrdt 0.14.13, 2026-11-26): so what no editor of text makes is refused before it
gets there. The encoding is version 1 of Yjs' own.
"""

from collections.abc import Iterable, Mapping
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


def read_update(encoded: bytes, here: State) -> dict[int, int]:
    """How far each client's text reaches with it. Raises BadUpdate and SomethingMissing."""
    try:
        reader, needed = Reader(encoded), dict[int, int]()
        reach = _distinct(_structs(reader, needed) for _ in range(reader.number()))
        _distinct(_ranges(reader, needed) for _ in range(reader.number()))
        reader.end()
    except (NotAMessage, UnicodeDecodeError):
        raise BadUpdate from None
    for client, (first, _) in reach.items():
        if first > here.get(client, 0):
            raise SomethingMissing
    ends = {client: max(end, here.get(client, 0)) for client, (_, end) in reach.items()}
    for client, end in needed.items():
        if end > ends.get(client, here.get(client, 0)):
            raise SomethingMissing
    return ends


def _structs(reader: Reader, needed: dict[int, int]) -> tuple[int, tuple[int, int]]:
    """Everything by one client: which, and from where to where."""
    count, (client, first) = reader.number(), _id(reader)
    _require(count > 0)
    clock = first
    for _ in range(count):
        clock += _struct(reader, client, clock, needed)
        _require(clock <= _MOST)
    return client, (first, clock)


def _struct(reader: Reader, client: int, clock: int, needed: dict[int, int]) -> int:
    """One piece of text, there or deleted; gives its length."""
    info = reader.byte()
    content = info & ~(_HAS_ORIGIN | _HAS_RIGHT_ORIGIN)
    _require(content in (_DELETED, _STRING))
    for beside in (_HAS_ORIGIN, _HAS_RIGHT_ORIGIN):
        if info & beside:
            other, at = _id(reader)
            _require(other != client or at < clock)
            needed[other] = max(needed.get(other, 0), at + 1)
    if content == info:
        _require(reader.number() == _NAMED and reader.bytes().decode() in _ROOTS)
    # Yjs counts as JavaScript does.
    length = reader.number() if content == _DELETED else len(reader.bytes().decode().encode("utf-16-le")) // 2
    _require(0 < length <= _MOST)
    return length


def _ranges(reader: Reader, needed: dict[int, int]) -> tuple[int, int]:
    """What is deleted of one client's text: whose, and up to where."""
    client, count, end = reader.number(), reader.number(), 0
    _require(count > 0)
    for _ in range(count):
        clock, length = reader.number(), reader.number()
        _require(length > 0)
        end = max(end, clock + length)
    _require(end <= _MOST)
    needed[client] = max(needed.get(client, 0), end)
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
