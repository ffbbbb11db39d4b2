"""The figures of a note: size, time to read, most frequent words. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from services.common.hrana import Row

WORDS_A_MINUTE = 200
FREQUENT = 5
SHORTEST_FREQUENT = 4
"""Characters: shorter words say little about a text."""

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True)
class Figures:
    words: int
    characters: int
    paragraphs: int
    minutes: int
    frequent: Sequence[tuple[str, int]]
    """The most frequent words in lower case, with their counts."""


def figures(text: str) -> Figures:
    words = [word.casefold() for word in _WORD.findall(text)]
    counted = Counter(word for word in words if len(word) >= SHORTEST_FREQUENT)
    frequent = sorted(counted.items(), key=lambda each: (-each[1], each[0]))[:FREQUENT]
    paragraphs = sum(1 for part in re.split(r"\n\s*\n", text) if part.strip())
    return Figures(len(words), len(text), paragraphs, -(-len(words) // WORDS_A_MINUTE), frequent)


def table(note: Row) -> list[tuple[str, str]]:
    """The same note gives the same rows."""
    known = figures(str(note["body"]))
    frequent = ", ".join(f"{word} ({count})" for word, count in known.frequent) or "none"
    rows = {
        "Workspace": str(note["workspace"]),
        "Created": _time(int(note["created"] or 0)),
        "Changed": _time(int(note["updated"] or 0)),
        "Words": f"{known.words:,}",
        "Characters": f"{known.characters:,}",
        "Paragraphs": f"{known.paragraphs:,}",
        "Reading time": f"{known.minutes} min",
        "Frequent words": frequent,
    }
    return list(rows.items())


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
