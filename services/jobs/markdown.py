"""A note as a Markdown document with its figures: size, time to read, most frequent words. Pure."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

WORDS_A_MINUTE = 200
FREQUENT = 5
SHORTEST_FREQUENT = 4
"""Characters: shorter words say little about a text."""

_WORD = re.compile(r"\w+(?:['’-]\w+)*")


@dataclass(frozen=True)
class Note:
    """Times in milliseconds since the epoch."""

    title: str
    workspace: str
    body: str
    created: int
    updated: int


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


def document(note: Note) -> str:
    """The same note gives the same document."""
    known = figures(note.body)
    frequent = ", ".join(f"{word} ({count})" for word, count in known.frequent) or "none"
    rows = {
        "Workspace": note.workspace,
        "Created": _time(note.created),
        "Changed": _time(note.updated),
        "Words": f"{known.words:,}",
        "Characters": f"{known.characters:,}",
        "Paragraphs": f"{known.paragraphs:,}",
        "Reading time": f"{known.minutes} min",
        "Frequent words": frequent,
    }
    table = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    title = " ".join(note.title.split())
    return f"# {title}\n\n| | |\n|---|---|\n{table}\n\n{note.body}\n"


def _time(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
