"""Production-like notes that depend on nothing but their number: note 7 is the same among 100 and 100,000.

Half belong to the workspace `harbour`, the rest follow Zipf's law; sizes are log-normal, some bodies are
empty, the largest is 64 KiB; the text is in several scripts; the times span two years up to a fixed day.
"""

import hashlib
import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from itertools import accumulate
from statistics import NormalDist

from services.schema.corpus import SCRIPTS, TAGS, WORKSPACES, Script

VERSION = 2
"""Goes up whenever a seeded row changes, so that a seeded database is seeded anew."""

LARGEST_BODY = 65_536
"""Bytes of UTF-8."""

OWNER_OF_HALF = "harbour"

END = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp() * 1000)
START = END - 2 * 365 * 86_400_000
"""No note is created before, or at END; milliseconds since the epoch."""

MARK = "a5ed"
"""The fourth group of a seeded row's id; the fifth is the row's number in decimal digits."""

_EMPTY_SHARE = 0.03
_MEDIAN_BYTES = 180
_SIGMA = 1.5
_SIZE = NormalDist(math.log(_MEDIAN_BYTES), _SIGMA)

_ZIPF = list(accumulate(1 / rank for rank in range(1, len(WORKSPACES) + 1)))
_SHARES = list(accumulate(script.share for script in SCRIPTS))


@dataclass(frozen=True)
class Note:
    """One row of `notes`; times in milliseconds since the epoch."""

    id: str
    workspace: str
    title: str
    body: str
    created: int
    updated: int
    tags: tuple[str, ...]


class Chances:
    """Eight independent numbers in [0, 1) for one row, the same on every machine and Python."""

    def __init__(self, row: str) -> None:
        digest = hashlib.blake2b(f"{VERSION}/{row}".encode()).digest()
        self._words = iter([int.from_bytes(digest[at : at + 8]) for at in range(0, 64, 8)])

    def __call__(self) -> float:
        return (next(self._words) >> 11) / (1 << 53)


class _Text:
    """A long text of one script, cut only between phrases, so never inside a character."""

    def __init__(self, script: Script) -> None:
        order = sorted(script.phrases * 64, key=_Shuffle())
        self._separator = script.separator
        self._phrases: list[str] = []
        size = 0
        while size < 2 * LARGEST_BODY:
            self._phrases += order
            size += sum(len(f"{phrase}{self._separator}".encode()) for phrase in order)
        sizes = [len(f"{phrase}{self._separator}".encode()) for phrase in self._phrases]
        self._ends = [0, *accumulate(sizes)]

    def cut(self, chance: float, size: int) -> str:
        """At most `size` bytes, or one phrase if that is longer, from a place that `chance` chooses."""
        last_start = bisect_right(self._ends, self._ends[-1] - LARGEST_BODY) - 1
        start = int(chance * last_start)
        stop = bisect_right(self._ends, self._ends[start] + size) - 1
        return self._separator.join(self._phrases[start : max(stop, start + 1)])


class _Shuffle:
    """A sort key that shuffles: the hash of each phrase and of how often it came before."""

    def __init__(self) -> None:
        self._seen = 0

    def __call__(self, phrase: str) -> bytes:
        self._seen += 1
        return hashlib.blake2b(f"{self._seen}/{phrase}".encode(), digest_size=8).digest()


@cache
def _texts() -> list[_Text]:
    return [_Text(script) for script in SCRIPTS]


def note(number: int) -> Note:
    """The note of this number, from 0."""
    chance = Chances(str(number))
    created = START + int(chance() * (END - START))
    edited = chance()
    text = _text(chance())
    size = chance()
    return Note(
        id=seeded_id(number, created),
        workspace=OWNER_OF_HALF if number % 2 == 0 else other_workspace(chance()),
        title=text.cut(chance(), 64),
        body=text.cut(chance(), _body_size(size)) if size >= _EMPTY_SHARE else "",
        created=created,
        # Three of ten were edited later.
        updated=created + int(max(0.0, edited - 0.7) / 0.3 * (END - created)),
        tags=_tags(chance()),
    )


def notes(start: int, stop: int) -> Iterator[Note]:
    """The notes numbered from `start` up to, without, `stop`."""
    return map(note, range(start, stop))


def id_prefix(created: int) -> str:
    """How the ids of that millisecond start."""
    time = f"{created:012x}"
    return f"{time[:8]}-{time[8:]}"


def other_workspace(chance: float) -> str:
    """One of the others, the busier ones more often."""
    return WORKSPACES[bisect_left(_ZIPF, chance * _ZIPF[-1])]


def phrases(chance: float, place: float, size: int) -> str:
    """A text of about `size` bytes, in a script and from a place that the two numbers choose."""
    return _text(chance).cut(place, size)


def _text(chance: float) -> _Text:
    return _texts()[bisect_right(_SHARES, chance * _SHARES[-1], hi=len(_SHARES) - 1)]


def _tags(chance: float) -> tuple[str, ...]:
    """None, one or two, different ones."""
    first = int(chance * 4 * len(TAGS))
    found = TAGS[first : first + 2] if first % 2 == 0 else TAGS[first : first + 1]
    return tuple(found)


def _body_size(chance: float) -> int:
    quantile = min(max((chance - _EMPTY_SHARE) / (1 - _EMPTY_SHARE), 1e-9), 1 - 1e-9)
    return min(int(math.exp(_SIZE.inv_cdf(quantile))), LARGEST_BODY)


def seeded_id(number: int, created: int) -> str:
    """A UUIDv7 (RFC 9562): time, version 7 with the seed's version, the mark (variant 10), the number."""
    return f"{id_prefix(created)}-7{VERSION:03x}-{MARK}-{number:012d}"
