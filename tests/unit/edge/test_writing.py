"""POST /api/notes, into a real database."""

import json
import re
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.support.sqld import Sqld
from tests.unit.edge.conftest import ProblemCheck, new_workspace

JSON = {"content-type": "application/json"}
UUID7 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def test_a_written_note_is_stored_and_found_at_its_location(
    ada: httpx.Client, database: Sqld, workspace: str
) -> None:
    before = time.time_ns() // 1_000_000
    response = ada.post("/api/notes", json={"title": "Tide", "body": "Low at six.", "workspace": workspace})
    assert response.status_code == 201
    note = response.json()
    assert UUID7.fullmatch(note["id"])
    assert response.headers["location"] == f"/api/notes/{note['id']}"
    assert before - 1000 <= note["created"] == note["updated"] <= time.time_ns() // 1_000_000 + 1000
    stored = database.execute("select workspace, title, body from notes where id = :id", {"id": note["id"]})
    assert stored == [[workspace, "Tide", "Low at six."]]
    assert ada.get(response.headers["location"]).json() == note


def test_without_a_workspace_a_note_goes_to_the_harbour(ada: httpx.Client) -> None:
    assert ada.post("/api/notes", json={"title": "x", "body": ""}).json()["workspace"] == "harbour"


def test_ids_rise_in_the_order_of_writing(ada: httpx.Client) -> None:
    ids = [ada.post("/api/notes", json={"title": str(n), "body": ""}).json()["id"] for n in range(20)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 20


@pytest.mark.parametrize(
    "text", ["שלום", "😀" * 200, "a\u0000b", "'); drop table notes; --", "a\u2028", "é" * 200]
)
def test_text_comes_back_as_it_was_written(ada: httpx.Client, text: str) -> None:
    written = ada.post("/api/notes", json={"title": text, "body": text})
    assert written.status_code == 201, written.text
    read = ada.get(written.headers["location"]).json()
    assert (read["title"], read["body"]) == (text, text)


def test_the_longest_note_fits(ada: httpx.Client) -> None:
    note = {"title": "t" * 200, "body": "b" * 50_000, "tags": ["t" * 40] * 10}
    assert ada.post("/api/notes", json=note).status_code == 201


TITLE = "must be text of 1 to 200 characters, not only spaces"
BODY = "must be text of at most 50,000 characters"
TAGS = "must be a list of at most 10 words of at most 40 characters, without commas"
WORKSPACE = "must be 1 to 64 characters of a-z, 0-9 and -"


@pytest.mark.parametrize(
    ("sent", "errors"),
    [
        ({}, {"body/title": "is missing", "body/body": "is missing"}),
        ({"title": "x"}, {"body/body": "is missing"}),
        ({"title": "", "body": ""}, {"body/title": TITLE}),
        ({"title": " \t\n\r", "body": ""}, {"body/title": TITLE}),
        ({"title": "x" * 201, "body": ""}, {"body/title": TITLE}),
        ({"title": "😀" * 201, "body": ""}, {"body/title": TITLE}),
        ({"title": 7, "body": None}, {"body/title": TITLE, "body/body": BODY}),
        ({"title": ["x"], "body": ""}, {"body/title": TITLE}),
        ({"title": "x", "body": "b" * 50_001}, {"body/body": BODY}),
        ({"title": "x", "body": "", "workspace": "No"}, {"body/workspace": WORKSPACE}),
        ({"title": "x", "body": "", "workspace": "a\n"}, {"body/workspace": WORKSPACE}),
        ({"title": "x", "body": "", "workspace": None}, {"body/workspace": WORKSPACE}),
        ({"title": "x", "body": "", "tags": "x"}, {"body/tags": TAGS}),
        ({"title": "x", "body": "", "tags": ["a,b"]}, {"body/tags": TAGS}),
        ({"title": "x", "body": "", "tags": [1, ""]}, {"body/tags": TAGS}),
        ({"title": "x", "body": "", "tags": ["x"] * 11}, {"body/tags": TAGS}),
        ({"title": "x", "body": "", "id": "1"}, {"body/id": "is not known here"}),
        ({"title": "x", "body": "", "__proto__": {}}, {"body/__proto__": "is not known here"}),
        ([], {"body": "must be a JSON object"}),
        (None, {"body": "must be a JSON object"}),
        ("text", {"body": "must be a JSON object"}),
    ],
)
def test_a_wrong_body_is_refused_by_field(
    ada: httpx.Client, problem: ProblemCheck, sent: object, errors: dict[str, str]
) -> None:
    document = problem(ada.post("/api/notes", content=json.dumps(sent), headers=JSON), 422)
    assert isinstance(document["errors"], list)
    assert {error["path"]: error["message"] for error in document["errors"]} == errors


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"{'title': 'x'}",
        b'{"title": "x", "body": "",}',
        b"[" * 60_000,
        b'{"title": "\xff", "body": ""}',
        b'{"title": "\xed\xa0\x80", "body": ""}',
        rb'{"title": "\ud800", "body": ""}',
        rb'{"\udc00": 1, "title": "x", "body": ""}',
        '{"title": "x", "body": ""}'.encode("utf-16"),
    ],
)
def test_what_is_not_json_in_utf8_is_refused(
    ada: httpx.Client, problem: ProblemCheck, content: bytes
) -> None:
    problem(ada.post("/api/notes", content=content, headers=JSON), 400)


def test_an_escaped_pair_of_surrogates_is_one_character(ada: httpx.Client) -> None:
    content = rb'{"title": "\ud83d\ude00", "body": ""}'
    assert ada.post("/api/notes", content=content, headers=JSON).json()["title"] == "😀"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"content-type": "text/plain"},
        {"content-type": "application/x-www-form-urlencoded"},
        {"content-type": "application/jsonp"},
        {"content-type": "application/json; charset=latin-1"},
        {"content-type": "application/json", "content-encoding": "gzip"},
    ],
)
def test_another_media_type_is_refused(
    ada: httpx.Client, problem: ProblemCheck, headers: dict[str, str]
) -> None:
    problem(ada.post("/api/notes", content=b'{"title": "x", "body": ""}', headers=headers), 415)


@pytest.mark.parametrize(
    "kind", ["Application/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"']
)
def test_spellings_of_the_media_type_are_taken(ada: httpx.Client, kind: str) -> None:
    content = b'{"title": "x", "body": ""}'
    assert ada.post("/api/notes", content=content, headers={"content-type": kind}).status_code == 201


LIMIT = 64 * 1024


def padded(size: int) -> bytes:
    """A valid note of exactly `size` bytes."""
    note = b'{"title": "x", "body": ""}'
    return note + b" " * (size - len(note))


def in_chunks(content: bytes) -> Iterator[bytes]:
    yield from (content[at : at + 1000] for at in range(0, len(content), 1000))


@pytest.mark.parametrize("chunked", [False, True], ids=["with-length", "chunked"])
def test_the_body_is_bounded_to_the_byte(ada: httpx.Client, problem: ProblemCheck, chunked: bool) -> None:
    def post(content: bytes) -> httpx.Response:
        return ada.post("/api/notes", content=in_chunks(content) if chunked else content, headers=JSON)

    assert post(padded(LIMIT)).status_code == 201
    assert problem(post(padded(LIMIT + 1)), 413)["detail"] == "The body must be at most 65536 bytes."


def test_a_body_in_broken_chunks_is_the_clients_mistake(ada: httpx.Client, problem: ProblemCheck) -> None:
    headers = {**JSON, "transfer-encoding": "chunked"}
    assert problem(ada.post("/api/notes", content=b"zz\r\n{}\r\n0\r\n\r\n", headers=headers), 400)


def test_nobody_writes_without_a_session(client: httpx.Client, problem: ProblemCheck) -> None:
    problem(client.post("/api/notes", json={"title": "x", "body": ""}), 401)


def test_a_closed_workspace_is_its_editors_to_write_in(
    ada: httpx.Client, database: Sqld, problem: ProblemCheck
) -> None:
    workspace = new_workspace(database, open=False)
    note = {"title": "x", "body": "", "workspace": workspace}
    for role, status in ((None, 404), ("viewer", 404), ("editor", 201)):
        if role is not None:
            database.execute(
                "insert or replace into memberships values (:w, 'ada', :r, 0)", {"w": workspace, "r": role}
            )
        assert ada.post("/api/notes", json=note).status_code == status
