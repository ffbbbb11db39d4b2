"""GET /api/notes and /api/notes/{id}, from a real database."""

import httpx
import pytest

from tests.support.notes import insert_notes, note_id
from tests.support.sqld import Sqld
from tests.unit.edge.conftest import ProblemCheck, new_workspace


def test_lists_the_newest_first_without_their_text(
    client: httpx.Client, database: Sqld, workspace: str
) -> None:
    newest, oldest = insert_notes(database, workspace, 2)
    response = client.get("/api/notes", params={"workspace": workspace})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    assert response.json() == {
        "notes": [
            {"id": note.id, "workspace": workspace, "title": note.title, "updated": note.updated}
            for note in (newest, oldest)
        ],
        "next": None,
    }


def test_a_list_without_a_workspace_is_of_the_harbour(client: httpx.Client, database: Sqld) -> None:
    insert_notes(database, "harbour", 2)
    total = database.execute("select id from notes where workspace = 'harbour' order by id desc limit 100")
    listed = client.get("/api/notes?limit=100").json()["notes"]
    assert [note["id"] for note in listed] == [row[0] for row in total]


def test_a_closed_workspace_is_nobodys_to_read(
    client: httpx.Client, database: Sqld, problem: ProblemCheck
) -> None:
    workspace = new_workspace(database, open=False)
    (note,) = insert_notes(database, workspace, 1, open=False)
    assert client.get("/api/notes", params={"workspace": workspace}).json()["notes"] == []
    problem(client.get(f"/api/notes/{note.id}"), 404)


def test_pages_by_cursor_give_every_note_once(client: httpx.Client, database: Sqld, workspace: str) -> None:
    notes = insert_notes(database, workspace, 45)
    seen: list[str] = []
    sizes: list[int] = []
    before: dict[str, str] = {}
    while True:
        page = client.get("/api/notes", params={"workspace": workspace, **before}).json()
        seen += [note["id"] for note in page["notes"]]
        sizes.append(len(page["notes"]))
        if page["next"] is None:
            break
        before = {"before": page["next"]}
    assert seen == [note.id for note in notes]
    assert sizes == [20, 20, 5]


@pytest.mark.parametrize(("limit", "length", "more"), [("1", 1, True), ("3", 3, False), ("100", 3, False)])
def test_limit_bounds_a_page(
    client: httpx.Client, database: Sqld, workspace: str, limit: str, length: int, more: bool
) -> None:
    insert_notes(database, workspace, 3)
    page = client.get("/api/notes", params={"workspace": workspace, "limit": limit}).json()
    assert len(page["notes"]) == length
    assert (page["next"] is not None) == more


def test_an_empty_workspace_is_an_empty_page(client: httpx.Client, workspace: str) -> None:
    assert client.get("/api/notes", params={"workspace": workspace}).json() == {"notes": [], "next": None}


WORKSPACE = "must be 1 to 64 characters of a-z, 0-9 and -"
LIMIT = "must be a whole number from 1 to 100"
BEFORE = "must be an id, as `next` gives it"


@pytest.mark.parametrize(
    ("query", "path", "message"),
    [
        ("limit=0", "query/limit", LIMIT),
        ("limit=101", "query/limit", LIMIT),
        ("limit=-1", "query/limit", LIMIT),
        ("limit=2.0", "query/limit", LIMIT),
        ("limit=1e1", "query/limit", LIMIT),
        ("limit=0x10", "query/limit", LIMIT),
        ("limit=+5", "query/limit", LIMIT),
        ("limit=05", "query/limit", LIMIT),
        ("limit=5%0A", "query/limit", LIMIT),
        ("limit=", "query/limit", LIMIT),
        ("limit", "query/limit", LIMIT),
        ("workspace=", "query/workspace", WORKSPACE),
        ("workspace=Harbour", "query/workspace", WORKSPACE),
        ("workspace=h%27%20or%201=1--", "query/workspace", WORKSPACE),
        (f"workspace={'a' * 65}", "query/workspace", WORKSPACE),
        ("before=yesterday", "query/before", BEFORE),
        ("before=01A0C450-73D0-7000-8A08-9200102C18D4", "query/before", BEFORE),
        ("before=01a0c450-73d0-4000-8a08-9200102c18d4", "query/before", BEFORE),
        ("order=title", "query/order", "is not known here"),
        ("__proto__=1", "query/__proto__", "is not known here"),
        ("limit=5&limit=6", "query/limit", "is given more than once"),
        ("limit=5&limit=5", "query/limit", "is given more than once"),
    ],
)
def test_a_wrong_query_is_refused_by_name(
    client: httpx.Client, problem: ProblemCheck, query: str, path: str, message: str
) -> None:
    document = problem(client.get(f"/api/notes?{query}"), 400)
    assert document["errors"] == [{"path": path, "message": message}]


def test_every_fault_of_a_query_is_named_at_once(client: httpx.Client, problem: ProblemCheck) -> None:
    document = problem(client.get("/api/notes?limit=x&workspace=X"), 400)
    errors = document["errors"]
    assert isinstance(errors, list)
    assert {error["path"] for error in errors} == {"query/limit", "query/workspace"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "línea uno\r\nzwei\n\tthree  ",
        "שלום עולם",
        "日本語 😀 👩‍👩‍👧 e\u0301",
        "\u0000 \u0001 \u2028 \ufeff",
        "' ; drop table notes; --",
        '"quoted" \\ back',
    ],
    ids=["empty", "plain", "whitespace", "hebrew", "emoji", "controls", "sql", "quotes"],
)
def test_text_comes_back_as_it_is_stored(
    client: httpx.Client, database: Sqld, workspace: str, text: str
) -> None:
    (note,) = insert_notes(database, workspace, 1, title=f"t{text}", body=text)
    assert client.get(f"/api/notes/{note.id}").json() == {**vars(note), "tags": []}


def test_an_encoded_id_is_decoded_once(client: httpx.Client, database: Sqld, workspace: str) -> None:
    (note,) = insert_notes(database, workspace, 1)
    encoded = "".join(f"%{byte:02x}" for byte in note.id.encode())
    assert client.get(f"/api/notes/{encoded}").json()["id"] == note.id


@pytest.mark.parametrize(
    "unknown", [note_id(1), "1", "01A0C450-73D0-7000-8A08-9200102C18D4", "a%2Fb", "%2561", "%00"]
)
def test_an_unknown_note_is_not_found(client: httpx.Client, problem: ProblemCheck, unknown: str) -> None:
    assert problem(client.get(f"/api/notes/{unknown}"), 404)["detail"] == "There is no such note."
