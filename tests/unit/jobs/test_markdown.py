"""A note as a document."""

import pytest

from services.jobs.markdown import Note, document, figures


def test_a_document_begins_with_its_figures() -> None:
    note = Note(
        "Tide\n table",
        "harbour",
        "High tide at noon.\n\nLow tide at six.",
        1_790_000_000_000,
        1_790_000_060_000,
    )
    assert document(note) == (
        "# Tide table\n\n| | |\n|---|---|\n"
        "| Workspace | harbour |\n"
        "| Created | 2026-09-21 14:13 UTC |\n"
        "| Changed | 2026-09-21 14:14 UTC |\n"
        "| Words | 8 |\n"
        "| Characters | 36 |\n"
        "| Paragraphs | 2 |\n"
        "| Reading time | 1 min |\n"
        "| Frequent words | tide (2), high (1), noon (1) |\n\n"
        "High tide at noon.\n\nLow tide at six.\n"
    )


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
