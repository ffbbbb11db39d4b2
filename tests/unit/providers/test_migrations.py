"""Migrations against a real libsql-server: order, refusals, and all or nothing whenever the runner dies."""

import json
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import pytest

from infra.errors import UserError
from infra.paths import SCHEMA
from infra.providers.hrana import Statement, Step
from infra.providers.turso.database import DatabaseProvider
from infra.providers.turso.migrations import MigrationsProvider, apply, read_applied, steps
from infra.providers.turso.schema import Migration, read_schema, split
from tests.support.process import until
from tests.unit.providers.conftest import Created

FIRST = Migration("0001_a.sql", "create table a (x integer) strict; insert into a values (1);")
SECOND = Migration("0002_b.sql", "create table b (x integer) strict; insert into a values (2);")
ROWS = 400
LARGE = Migration(
    "0003_large.sql", "\n".join(["create table large (x);", *["insert into large values (1);"] * ROWS])
)


def inputs(created: Created, *migrations: Migration) -> dict[str, Any]:
    entries = [{"name": each.name, "checksum": each.checksum, "sql": each.sql} for each in migrations]
    return created.access | {"migrations": entries, "folder": "services/schema"}


def tables(created: Created) -> list[Any]:
    sql = "select name from sqlite_master where type = 'table' order by name"
    with created.connect() as database:
        return [name for (name,) in database.execute(sql).rows]


def test_the_projects_schema_is_applied_once(created: Created) -> None:
    provider = created.turso.provider(MigrationsProvider)
    props = inputs(created, *read_schema(SCHEMA, "services/schema"))
    first = provider.create(props)
    assert first.id == created.database["databaseId"]
    assert first.outs is not None
    assert first.outs["applied"] == [
        {"name": entry["name"], "checksum": entry["checksum"]} for entry in props["migrations"]
    ]
    assert provider.create(props).outs == first.outs
    assert not provider.diff(first.id, first.outs, props).changes
    assert provider.read(first.id, first.outs).outs == first.outs
    assert {"notes", "schema_migrations"} <= set(tables(created))


def test_a_new_migration_is_an_update_that_runs_only_itself(created: Created) -> None:
    provider = created.turso.provider(MigrationsProvider)
    before = provider.create(inputs(created, FIRST)).outs
    assert before is not None
    news = inputs(created, FIRST, SECOND)
    diff = provider.diff("id", before, news)
    assert (diff.changes, diff.replaces) == (True, [])
    after = provider.update("id", before, news).outs
    assert after is not None
    assert [entry["name"] for entry in after["applied"]] == ["0001_a.sql", "0002_b.sql"]
    with created.connect() as database:
        assert database.execute("select x from a order by x").rows == [(1,), (2,)]


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ([Migration("0001_a.sql", "select 1;"), SECOND], "0001_a.sql: it was edited after it was applied"),
        ([FIRST], "0002_b.sql: it was removed or renamed after it was applied"),
        ([SECOND, FIRST], "0001_a.sql: 0002_b.sql now comes before it, and it was applied without it"),
    ],
)
def test_a_changed_past_is_refused_at_a_preview_and_by_the_database(
    created: Created, wanted: list[Migration], problem: str
) -> None:
    provider = created.turso.provider(MigrationsProvider)
    olds, news = inputs(created, FIRST, SECOND), inputs(created, *wanted)
    provider.create(olds)
    [failure] = provider.check(olds, news).failures
    assert failure.reason.startswith(f"services/schema/{problem}")
    with pytest.raises(UserError) as caught:
        provider.create(news)
    assert str(caught.value) == failure.reason
    assert provider.check(olds, olds).failures == []


def test_a_contraction_is_refused_at_a_preview_unless_it_is_marked_or_the_database_is_new(
    created: Created,
) -> None:
    provider = created.turso.provider(MigrationsProvider)
    drop = Migration("0002_drop.sql", "drop table a;")
    marked = Migration("0002_drop.sql", f"-- contract: unused\n{drop.sql}")
    olds = inputs(created, FIRST)
    [failure] = provider.check(olds, inputs(created, FIRST, drop)).failures
    assert failure.reason.startswith("services/schema/0002_drop.sql:1: drop table takes away")
    assert provider.check(olds, inputs(created, FIRST, marked)).failures == []
    assert provider.check({}, inputs(created, FIRST, drop)).failures == []


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        (
            "create table c(x);\n\n-- what follows; is wrong\ncreate tabel\n d(x);",
            "services/schema/0002_c.sql:4: SQL string could not be parsed: syntax error: `tabel`",
        ),
        (
            "create table c(x);\ncreate index i on\n  nowhere(x);",
            "services/schema/0002_c.sql:2: SQLite error: no such table: main.nowhere",
        ),
        (
            "create table c(x);\nselect x,\n  y from c;",
            "services/schema/0002_c.sql:3: SQL input error: no such column: y",
        ),
        (
            "create table c(x);\ninsert into c values ('never closed);",
            "services/schema/0002_c.sql:2: SQL string could not be parsed: non-terminated literal",
        ),
    ],
)
def test_a_malformed_migration_names_file_line_and_error_and_leaves_nothing(
    created: Created, sql: str, message: str
) -> None:
    provider = created.turso.provider(MigrationsProvider)
    with pytest.raises(UserError) as caught:
        provider.create(inputs(created, FIRST, Migration("0002_c.sql", sql), LARGE))
    remedy = "Correct the statement and run the same command again: nothing of this file was applied"
    assert str(caught.value) == f"{message}. {remedy}"
    assert tables(created) == ["a", "schema_migrations"]
    provider.create(inputs(created, FIRST, Migration("0002_c.sql", "create table c(x);"), LARGE))
    assert tables(created) == ["a", "c", "large", "schema_migrations"]


def test_two_runners_apply_each_migration_once(created: Created) -> None:
    wanted = [FIRST, SECOND, LARGE]

    def run(_: int) -> list[str]:
        with created.connect() as database:
            return [entry.name for entry in apply(database, wanted, "s")]

    with ThreadPoolExecutor(4) as runners:
        results = list(runners.map(run, range(4)))
    assert results == [["0001_a.sql", "0002_b.sql", "0003_large.sql"]] * 4
    with created.connect() as database:
        assert database.execute("select count(*) from large").rows == [(ROWS,)]


@pytest.mark.parametrize("tenths", range(1, 11))
def test_a_runner_killed_anywhere_leaves_all_of_a_migration_or_nothing(created: Created, tenths: int) -> None:
    request = pipeline(created, LARGE)
    send_and_die(created, request[: len(request) * tenths // 10])
    with created.connect() as database:
        [recorded] = until(
            lambda: None if (found := settled(created)) is None else [found], "the database is free again"
        )
        assert recorded in (["0003_large.sql"], [])
        assert ("large" in tables(created)) == bool(recorded)
        apply(database, [LARGE], "s")
        assert database.execute("select count(*) from large").rows == [(ROWS,)]


def test_a_schema_goes_with_its_database(created: Created) -> None:
    provider = created.turso.provider(MigrationsProvider)
    outs = provider.create(inputs(created, FIRST)).outs
    assert outs is not None
    created.turso.provider(DatabaseProvider).delete(created.database["name"], created.database)
    assert provider.read("id", outs).id is None
    with pytest.raises(UserError) as caught:
        provider.update("id", outs, inputs(created, FIRST))
    assert str(caught.value).endswith("Run `pulumi refresh`, then the same command again")


def test_another_database_replaces_and_another_token_updates(created: Created) -> None:
    provider = created.turso.provider(MigrationsProvider)
    news = inputs(created, FIRST)
    outs = provider.create(news).outs
    assert outs is not None
    assert provider.diff("id", outs, news | {"databaseId": "new"}).replaces == ["databaseId"]
    diff = provider.diff("id", outs, news | {"token": "new"})
    assert (diff.changes, diff.replaces) == (True, [])


def pipeline(created: Created, migration: Migration) -> bytes:
    """The HTTP request that applies the migration, byte for byte."""
    batch = {"steps": [step.wire() for step in steps(migration, list(split(migration.sql)))]}
    body = json.dumps({"requests": [{"type": "batch", "batch": batch}, {"type": "close"}]}).encode()
    head = (
        f"POST /v2/pipeline HTTP/1.1\r\nhost: {created.database['hostname']}\r\n"
        f"authorization: Bearer {created.token['jwt']}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def send_and_die(created: Created, part: bytes) -> None:
    """Sends that much, then goes like a killed process: with a reset, and without reading."""
    address = urlsplit(str(created.turso.settings.databases))
    with socket.create_connection((address.hostname, address.port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.sendall(part)


def settled(created: Created) -> list[str] | None:
    """What is recorded once no transaction holds the database."""
    with created.connect() as database:
        probe = [Step(Statement("begin immediate")), Step(Statement("rollback"), {"type": "ok", "step": 0})]
        answer = database.batch(probe)
        if any(answer.step_errors):
            return None
        return [entry.name for entry in read_applied(database)]
