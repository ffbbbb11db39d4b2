"""Full-text search: what is found, in which order, and by whom; what is typed is never syntax."""

import json
import random
import uuid
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from infra.routes.search import RANKED
from services.common.identity import Identity
from tests.support.notes import EPOCH, INSERT, insert_notes, insert_workspace, note_id
from tests.support.problem import check_problem
from tests.unit.api.conftest import Api


@pytest.fixture
def workspace(api: Api) -> str:
    """A closed one with no notes yet, that no other test knows."""
    name = f"quay-{uuid.uuid4().hex[:12]}"
    insert_workspace(api.database, name, open=False)
    return name


def ask(api: Api, workspace: str, words: str, **page: int) -> httpx.Response:
    reader = Identity(user=note_id(EPOCH, 1), name="Ada", ws={workspace: "viewer"})
    query = httpx.QueryParams({"q": words, **page})
    return api.door.ask("GET", f"/api/workspaces/{workspace}/search?{query}", reader)


def search(api: Api, workspace: str, words: str, **page: int) -> dict[str, Any]:
    answer: dict[str, Any] = ask(api, workspace, words, **page).raise_for_status().json()
    return answer


def titles(api: Api, workspace: str, words: str) -> list[str]:
    return ["".join(note["title"]) for note in search(api, workspace, words)["notes"]]


def write(api: Api, workspace: str, notes: Mapping[str, str]) -> None:
    """Bodies by title, the oldest first."""
    rows = [
        {"id": note_id(EPOCH + at, uuid.uuid4().int), "workspace": workspace, "title": title, "body": body}
        for at, (title, body) in enumerate(notes.items())
    ]
    api.database.execute_all([(INSERT, {**row, "created": EPOCH, "updated": EPOCH}) for row in rows])


TIDES = {
    "Crane": "Out of order until the next tide.",
    "Tide table": "Low at six.",
    "Café": "Höchster Wasserstand: 港",
    "Ferry": "The time-table says noon.",
}

FOUND = [
    ("tide", ["Tide table", "Crane"]),
    ("TIDE low", ["Tide table"]),
    ("low tide", ["Tide table"]),
    ("ti", ["Tide table", "Ferry", "Crane"]),
    ("ti low", []),
    ("cafe", ["Café"]),
    ("hochster", ["Café"]),
    ("港", ["Café"]),
    ("time-table", ["Ferry"]),
    ("  six  ", ["Tide table"]),
    ("six -", ["Tide table"]),
    ("… six", ["Tide table"]),
    ("…", []),
    ("?! }{:", []),
    ("nowhere", []),
]


@pytest.mark.parametrize(("words", "expected"), FOUND)
def test_all_words_are_found_and_the_last_one_by_its_beginning(
    api: Api, workspace: str, words: str, expected: list[str]
) -> None:
    write(api, workspace, TIDES)
    assert titles(api, workspace, words) == expected


SYNTAX = [
    *("tide OR crane", "NOT tide", "tide*", "title:tide", '"tide', "^tide", "(tide", "tide NEAR(x)", "a AND"),
    *(
        "tenant:x",
        "'; drop table notes; --",
        '"""x',
        "-tide",
        "tide +",
        "\\x",
        "x" * 200,
        "😀 x",
        "a " * 8,
        "a-" * 100,
    ),
]


@pytest.mark.parametrize("words", SYNTAX)
def test_no_text_is_syntax(api: Api, workspace: str, words: str) -> None:
    write(api, workspace, {"Has it": f"and so on: {words}", "Tide": "crane"})
    assert "Has it" in titles(api, workspace, words)


def test_operators_are_words(api: Api, workspace: str) -> None:
    write(api, workspace, {"Tide": "crane", "Crane": "tide or not"})
    assert titles(api, workspace, "tide OR crane") == titles(api, workspace, "NOT tide") == ["Crane"]


@pytest.mark.parametrize("words", ["", "   ", "a\tb", "a\0", "x" * 201, "a " * 9])
def test_what_is_no_word_is_refused_by_name(api: Api, workspace: str, words: str) -> None:
    errors: Any = check_problem(ask(api, workspace, words), 400)["errors"]
    assert [error["path"] for error in errors] == ["query/q"]
    assert errors[0]["message"] == "must be 1 to 8 words, together at most 200 characters"


@pytest.mark.parametrize("text", ['"', "\\", '\\"', '\\u0002","', '"\\u0002', "\x02\x03", "]", "\u2028"])
def test_pieces_are_the_text_whatever_is_in_it(api: Api, workspace: str, text: str) -> None:
    write(api, workspace, {f"{text} tide {text}": f"{text}{text} tide"})
    [note] = search(api, workspace, "tide")["notes"]
    assert note["title"] == [f"{text} ", "tide", f" {text}"]
    assert note["excerpt"] == [f"{text}{text} ", "tide", ""]


def test_an_excerpt_shows_where_a_long_text_matches(api: Api, workspace: str) -> None:
    write(api, workspace, {"Long": f"{'word ' * 500}tide {'word ' * 500}"})
    [note] = search(api, workspace, "tide")["notes"]
    before, match, after = note["excerpt"]
    assert (note["title"], match) == (["Long"], "tide")
    assert before.startswith("…word") and after.endswith("word…") and len(before + after) < 300


def test_pages_follow_without_gap_or_repetition_in_one_order(api: Api, workspace: str) -> None:
    insert_notes(api.database, workspace, 45, body="the same tide", open=False)
    whole = search(api, workspace, "tide", limit=100)["notes"]
    # All match alike: the latest comes first.
    assert [note["id"] for note in whole] == sorted((note["id"] for note in whole), reverse=True)
    seen: list[Any] = []
    position: int | None = 0
    while position is not None:
        page = search(api, workspace, "tide", limit=10, after=position)
        seen += page["notes"]
        position = page["next"]
    assert seen == whole and len(seen) == 45
    assert search(api, workspace, "tide", after=RANKED) == {"notes": [], "next": None}


def test_other_tenants_notes_are_never_found_and_hide_none(api: Api, workspace: str) -> None:
    write(api, workspace, {"Ours": "tide"})
    theirs = f"{workspace}-2"
    insert_notes(api.database, theirs, RANKED + 1, title="Theirs", body="tide", open=False)
    assert titles(api, workspace, "tide") == ["Ours"]
    # A word of the index that names a tenant is none of the notes'.
    for tenant in (theirs, theirs.encode().hex()):
        assert titles(api, workspace, tenant) == []
    stranger = Identity(user=note_id(EPOCH, 2), name="Eve", ws={theirs: "owner"})
    check_problem(api.door.ask("GET", f"/api/workspaces/{workspace}/search?q=tide", stranger), 403)
    closed = api.door.ask("GET", f"/api/search?q=tide&workspace={workspace}")
    assert closed.json() == {"notes": [], "next": None}


def test_anybody_searches_an_open_workspace(api: Api) -> None:
    name = f"quay-{uuid.uuid4().hex[:12]}"
    insert_notes(api.database, name, 2, body="tide")
    answer = api.door.ask("GET", f"/api/search?q=tide&workspace={name}&limit=1").json()
    assert [note["title"] for note in answer["notes"]] == [["Note 2"]]
    assert answer["next"] == 1


def test_the_index_follows_every_write(api: Api, workspace: str) -> None:
    """Random ones, and several rows at once."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    words = ["tide", "crane", "ferry", "quay"]
    notes = insert_notes(api.database, workspace, 30, body="tide", open=False)
    rows = {note.id: note.body for note in notes}
    for _ in range(100):
        note, body = chance.choice(list(rows)), " ".join(chance.choices(words, k=3))
        if chance.random() < 0.2:
            api.database.execute("delete from notes where id = :note", {"note": note})
            del rows[note]
        else:
            sql = "update notes set body = :body, updated = updated + 1 where id = :note"
            api.database.execute(sql, {"note": note, "body": body})
            rows[note] = body
    api.database.execute("insert into _note_search (_note_search, rank) values ('integrity-check', 1)")
    for word in words:
        expected = {note for note, body in rows.items() if word in body}
        assert {note["id"] for note in search(api, workspace, word, limit=100)["notes"]} == expected
    other = note_id(1)
    changed = "update notes set id = :other, title = 'renamed' where id = :note"
    api.database.execute(changed, {"other": other, "note": rows.popitem()[0]})
    assert titles(api, workspace, "renamed") == ["renamed"]
    api.database.execute("insert into _note_search (_note_search, rank) values ('integrity-check', 1)")
    several = json.dumps([*rows, other])
    api.database.execute(
        "delete from notes where id in (select value from json_each(:notes))", {"notes": several}
    )
    assert titles(api, workspace, "note") == []
