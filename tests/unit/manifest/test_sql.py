"""SQL that does not fit its route is refused: the exact words of each."""

from typing import Any

import pytest

from infra.manifest.statements import mistake_in
from infra.providers.turso.schema import Migration
from infra.routes.fields import Id, Page
from infra.routes.route import Input, Many, Member, Nothing, One, Route, Row, Session
from tests.unit.manifest.declarations import LIST, READ, WRITE, NewThing, Pages, Thing, Titled, compiled, said


class Wide(Row):
    id: str
    size: int


class Both(Input):
    note: Id


class Unsaid(Input):
    word: str


class Nested(Input):
    page: Page


def route(pattern: str, sql: str | tuple[str, ...], **given: Any) -> Route:
    return Route(pattern, tier="edge", access=given.pop("access", Session()), sql=sql, **given)


MEMBER = {"access": Member("workspace"), "returns": One(Thing, missing="No.")}

CASES: list[tuple[Route, str]] = [
    (
        route("GET /api/a", "select id from notes where id = :ide", returns=Many(Thing)),
        (
            "the SQL's :ide comes from nowhere."
            " Declare it in params or body, or use one of caller, caller_name, new_id, now."
        ),
    ),
    (
        route("PUT /api/a/{note}", WRITE, body=type("Twice", (Both, Titled), {}), returns=Nothing()),
        "the SQL's :note could come from the path and the body. Give one of them another name.",
    ),
    (
        route("GET /api/a", "select id from note", returns=Many(Thing)),
        "SQLite refuses the SQL: no such table: note. Correct the statement.",
    ),
    (
        route("GET /api/a", "select 1 as id; drop table notes", returns=Many(Thing)),
        "SQLite refuses the SQL: it holds several statements. Correct the statement.",
    ),
    (
        route("GET /api/a/{note}", READ, returns=One(Wide, missing="No.")),
        "Wide.size is no column of the SQL. Select it as size: it gives id.",
    ),
    (
        route("GET /api/a/{note}", "select id, title from notes where id = :note", returns=One(Thing)),
        "the SQL's column title is no field of Thing. Leave it out, or declare it.",
    ),
    (
        route("GET /api/a", "select id from notes limit :limit", params=Pages, returns=Many(Thing)),
        "no SQL uses :before of the query. Use it, or leave it out.",
    ),
    (
        route("GET /api/a/{note}", "delete from notes where id = :note returning id", returns=One(Thing)),
        "its SQL writes, and a GET may be sent again by anybody on the way. Use POST, PUT or DELETE.",
    ),
    (
        route("POST /api/a/{note}", READ, returns=One(Thing)),
        "its SQL changes nothing, and POST says that it does. Use GET.",
    ),
    (
        route("POST /api/a/{note}", WRITE, body=Titled, returns=Nothing(), idempotent=True),
        (
            "idempotent without a last statement that only reads: a repeated request could not be answered."
            " Write first, then select what is answered, by :new_id."
        ),
    ),
    (
        route("GET /api/w/{workspace}/{note}", READ, **MEMBER),
        (
            "the SQL ignores :workspace, so members of one would reach into others."
            " Add workspace = :workspace to it."
        ),
    ),
    (
        route("GET /api/w/{workspace}/{note}", f"{READ} and :workspace <> ''", **MEMBER),
        "the SQL looks at notes without its workspace. Add notes.workspace = :workspace to it.",
    ),
    (
        route(
            "DELETE /api/w/{workspace}/{note}",
            (
                "delete from comments where note = :note",
                "delete from notes where id = :note and workspace = :workspace",
            ),
            access=Member("workspace"),
            returns=Nothing(),
        ),
        (
            "statement 1 ignores :workspace, so members of one would reach into others."
            " Add workspace = :workspace to it."
        ),
    ),
    (
        route("GET /api/a", "select :word as id", params=Unsaid, returns=Many(Thing)),
        (
            "Unsaid.word does not say what it must be."
            " Add Field(description=...), in words that go on from `must be`."
        ),
    ),
    (
        route("POST /api/a", "insert into notes select :page", body=Nested, returns=Nothing()),
        "Nested.page is an object. Objects are flat: give its fields to the model itself.",
    ),
]


@pytest.mark.parametrize(("route", "words"), CASES, ids=[words[:40] for _, words in CASES])
def test_it_is_refused_in_these_words(route: Route, words: str) -> None:
    assert words in said(route)


@pytest.mark.parametrize(
    "pattern", [r"\d+", r"\w", r"^\S", r"(?=a)", r"(?i)a", r"a\b", r"\p{L}", "é", r"[[:alpha:]]"]
)
def test_a_pattern_that_dialects_read_differently_is_refused(pattern: str) -> None:
    from typing import Annotated

    from pydantic import Field

    model = type(
        "Word",
        (Input,),
        {"__annotations__": {"word": Annotated[str, Field(json_schema_extra={"pattern": pattern})]}},
    )
    words = (
        f"Word.word has the pattern {pattern}, which the two tiers could read differently."
        " Use literals, ASCII classes like [0-9a-f], quantifiers, groups, ^ and $."
    )

    assert words in said(route("GET /api/a", "select :word as id", params=model, returns=Many(Thing)))


@pytest.mark.parametrize(
    "pattern", [r"^[a-z0-9-]{1,64}$", r"^(0|-?[1-9][0-9]*)$", r"[^ \t\r\n]", r"a|b", r"^\.x\{2\}$"]
)
def test_a_pattern_of_the_common_dialect_is_taken(pattern: str) -> None:
    from infra.manifest.schemas import _check_pattern

    _check_pattern("word", pattern)


def test_parameters_come_from_where_they_are_declared() -> None:
    made = compiled(
        route(
            "POST /api/w/{workspace}",
            (
                (
                    "insert into notes (id, workspace, title, body, created, updated)"
                    " values (:new_id, :workspace, ':title', :title, :now, :now)"
                ),
                "select id from notes where workspace = :workspace and id = :new_id",
            ),
            body=Titled,
            access=Member("workspace", role="editor"),
            idempotent=True,
            returns=One(Thing, status=201, missing="No."),
        )
    ).model_dump(by_alias=True)["run"]

    assert [
        (each["name"], each["from"], each["field"], each["type"]) for each in made["statements"][0]["args"]
    ] == [
        ("new_id", "generated", "newId", "text"),
        ("workspace", "path", "workspace", "text"),
        ("title", "body", "title", "text"),
        ("now", "generated", "now", "integer"),
    ]
    assert made["repeatable"]["sql"] == (
        "select id from notes where workspace = :workspace and id = (select new_id from idempotency"
        " where user = :caller and route = :idempotency_route and key = :idempotency_key)"
    )
    assert [each["name"] for each in made["repeatable"]["args"]] == [
        "workspace",
        "caller",
        "idempotency_route",
        "idempotency_key",
    ]


def test_a_page_goes_on_from_its_last_row() -> None:
    answer = compiled(route("GET /api/a", LIST, params=Pages, returns=Many(Thing))).model_dump()["run"][
        "answer"
    ]

    assert (answer["items"], answer["limit"]) == ("things", "limit")
    assert answer["cursor"] == {"query": "before", "column": "id"}


def test_the_tenant_is_found_wherever_it_is_given() -> None:
    tenant = compiled(
        route(
            "POST /api/a",
            "insert into notes (id, workspace, title, body, created, updated)"
            " values (:new_id, :workspace, :title, '', :now, :now)",
            body=NewThing,
            returns=Nothing(),
        )
    ).tenant

    assert tenant is not None
    assert tenant.model_dump(by_alias=True) == {"from": "body", "field": "workspace"}


def test_a_malformed_migration_is_named_with_its_line() -> None:
    good = Migration("0001_a.sql", "create table a (id text);")
    bad = Migration("0002_b.sql", "create table b (id text);\n\ncreate tabel c (id text);")
    mistake = mistake_in([good, bad])
    assert mistake.where == "services/schema/0002_b.sql:3"
    assert mistake.what == 'near "tabel": syntax error'
