"""The schema's files without a database: statements, names, order, and what was applied before."""

from pathlib import Path

import pytest

from infra.errors import UserError
from infra.paths import SCHEMA
from infra.providers.turso.schema import Applied, Migration, plan, read_schema, refuse_unmarked, split

FIRST = Migration("0001_a.sql", "create table a(x);")
SECOND = Migration("0002_b.sql", "create table b(x);")
UNNUMBERED = (
    "migrations are numbered without gaps: this one should start with 0002."
    " Renumber it, if it was never applied"
)
BOTH_FIRST = (
    "migrations are numbered without duplicates, and both are 0001. Make the one that was never applied 0002"
)
MISNAMED = "the name is not of the form NNNN_what_it_does.sql. Rename it, such as 0002_add_tags.sql"
NOT_IN_A_TRANSACTION = "COMMIT cannot stand in a migration, which is one transaction. Remove the statement"
ADD_ANOTHER = "Restore it, and put the change into a new migration"
OVERTAKEN = (
    "0002_b.sql now comes before it, and it was applied without it."
    " Give the new migration the next free number"
)
BOTH = [FIRST.applied, SECOND.applied]


def test_statements_end_where_sqlite_says_and_know_their_line() -> None:
    script = """-- one; two
create table a(x); /* ; */ insert into a values (';');

create trigger t after insert on a begin
  update a set x = 'y;z';
  delete from a;
end;
;;
select 1 -- no semicolon"""
    assert [(statement.line, statement.verb, statement.sql[-11:]) for statement in split(script)] == [
        (2, "create", "table a(x);"),
        (2, "insert", "lues (';');"),
        (4, "create", "rom a;\nend;"),
        (9, "select", "o semicolon"),
    ]


def test_a_script_of_comments_holds_no_statement() -> None:
    assert list(split("-- nothing\n/* at all */ ;\n")) == []


def test_the_projects_own_schema_is_in_order() -> None:
    assert read_schema(SCHEMA, "services/schema")[0].name == "0001_notes.sql"


@pytest.mark.parametrize(
    ("files", "message"),
    [
        (
            {"0001_a.sql": "select 1;", "0003_c.sql": "select 1;"},
            f"s/0003_c.sql: {UNNUMBERED}",
        ),
        (
            {"0001_a.sql": "select 1;", "0001_b.sql": "select 1;"},
            f"s/0001_a.sql and 0001_b.sql: {BOTH_FIRST}",
        ),
        (
            {"notes.sql": "select 1;"},
            f"s/notes.sql: {MISNAMED}",
        ),
        ({"0001_a.sql": "-- later\n"}, "s/0001_a.sql: it holds no statement. Write one, or remove the file"),
        (
            {"0001_a.sql": "create table a(x);\n\ncommit;"},
            f"s/0001_a.sql:3: {NOT_IN_A_TRANSACTION}",
        ),
    ],
)
def test_a_folder_that_is_no_schema_is_refused(tmp_path: Path, files: dict[str, str], message: str) -> None:
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    with pytest.raises(UserError) as caught:
        read_schema(tmp_path, "s")
    assert str(caught.value) == message


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "0001_a.sql").write_bytes(b"select '\xff';")
    with pytest.raises(UserError, match=r"^s/0001_a\.sql: it is not UTF-8 \(invalid start byte at byte 8\)"):
        read_schema(tmp_path, "s")


def test_only_what_was_not_applied_is_planned() -> None:
    assert plan([], [FIRST, SECOND], "s") == (FIRST, SECOND)
    assert plan([FIRST.applied], [FIRST, SECOND], "s") == (SECOND,)
    assert plan(BOTH, [FIRST, SECOND], "s") == ()


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (
            [Migration("0001_a.sql", "edited"), SECOND],
            f"s/0001_a.sql: it was edited after it was applied. {ADD_ANOTHER}",
        ),
        (
            [FIRST],
            f"s/0002_b.sql: it was removed or renamed after it was applied. {ADD_ANOTHER}",
        ),
        (
            [FIRST, Migration("0002_c.sql", SECOND.sql)],
            f"s/0002_b.sql: it was removed or renamed after it was applied. {ADD_ANOTHER}",
        ),
        (
            [SECOND, FIRST],
            f"s/0001_a.sql: {OVERTAKEN}",
        ),
    ],
)
def test_a_schema_that_changes_what_was_applied_is_refused(wanted: list[Migration], message: str) -> None:
    with pytest.raises(UserError) as caught:
        plan(BOTH, wanted, "s")
    assert str(caught.value) == message


def test_a_checksum_is_the_sha256_of_the_text() -> None:
    assert Migration("n", "abc").applied == Applied(
        "n", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    )


@pytest.mark.parametrize(
    "sql",
    [
        "drop table a;",
        "create table b(x);\n\nDROP  VIEW v;",
        'alter table "a b" drop column x;',
        "alter table a rename column x to y;",
        "ALTER TABLE a RENAME TO b;",
        "-- contract:\ndrop table a;",
    ],
)
def test_what_takes_away_is_refused_unless_it_says_why(sql: str) -> None:
    with pytest.raises(UserError, match=r"schema/0009_c\.sql:\d+: .* takes away what the"):
        refuse_unmarked([Migration("0009_c.sql", sql)], "schema")
    refuse_unmarked([Migration("0009_c.sql", f"-- contract: unused since r7\n{sql}")], "schema")


@pytest.mark.parametrize(
    "sql",
    [
        "drop index i;",
        "alter table a add column y;",
        "insert into a values ('drop table a');",
        "-- drop table a\nselect 1;",
    ],
)
def test_what_adds_needs_no_mark(sql: str) -> None:
    refuse_unmarked([Migration("0009_c.sql", sql)], "schema")
