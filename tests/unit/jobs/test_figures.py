"""The figures of a note."""

from typing import TYPE_CHECKING

import pytest

from services.jobs.figures import figures, table

if TYPE_CHECKING:
    from services.common.hrana import Value


def test_the_figures_stand_in_a_table() -> None:
    note: dict[str, Value] = {
        "workspace": "harbour",
        "body": "High tide at noon.\n\nLow tide at six.",
        "created": 1_790_000_000_000,
        "updated": 1_790_000_060_000,
    }
    assert table(note) == [
        ("Workspace", "harbour"),
        ("Created", "2026-09-21 14:13 UTC"),
        ("Changed", "2026-09-21 14:14 UTC"),
        ("Words", "8"),
        ("Characters", "36"),
        ("Paragraphs", "2"),
        ("Reading time", "1 min"),
        ("Frequent words", "tide (2), high (1), noon (1)"),
    ]


@pytest.mark.parametrize(
    ("text", "words", "paragraphs", "minutes"),
    [
        ("", 0, 0, 0),
        (" \n\n ", 0, 0, 0),
        ("don't re-read", 2, 1, 1),
        ("один два\n \nтри", 3, 2, 1),
        ("a " * 200, 200, 1, 1),
        ("a " * 201, 201, 1, 2),
    ],
)
def test_words_paragraphs_and_minutes(text: str, words: int, paragraphs: int, minutes: int) -> None:
    known = figures(text)
    assert (known.words, known.paragraphs, known.minutes) == (words, paragraphs, minutes)


def test_frequent_words_come_in_a_settled_order() -> None:
    assert figures("Beta alpha ALPHA beta gamma the the the the").frequent == [
        ("alpha", 2),
        ("beta", 2),
        ("gamma", 1),
    ]
