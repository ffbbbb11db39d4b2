"""Seeding a real libsql-server: the switch goes up and down, and what people wrote stays."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from infra.errors import UserError
from infra.paths import SCHEMA
from infra.providers.hrana import Hrana
from infra.providers.turso import seed as seeding
from infra.providers.turso.database import DatabaseProvider
from infra.providers.turso.migrations import apply
from infra.providers.turso.schema import read_schema
from infra.providers.turso.seed import SeedProvider, converge, count
from services.schema import people, seed
from tests.unit.providers.conftest import Created

INSERT = (
    "insert into notes (id, workspace, title, body, created, updated) values (?, 'harbour', 'mine', '', 1, 1)"
)

WRITTEN = (
    "019a04c2-64da-7001-85ed-000000000001",  # looks nearly like a seeded one
    "01a0c000-0000-7abc-9000-000000000000",
)


@pytest.fixture
def ready(created: Created) -> Created:
    with created.connect() as database:
        apply(database, read_schema(SCHEMA, "services/schema"), "services/schema")
        for written in WRITTEN:
            database.execute(INSERT, written)
    return created


def props(ready: Created, notes: float) -> dict[str, Any]:
    return ready.access | {"notes": notes, "version": seed.VERSION}


def stored(database: Hrana) -> list[tuple[Any, ...]]:
    return database.execute(
        "select id, workspace, title, body, created, updated, tags from notes"
        " where title <> 'mine' order by substr(id, 25)"
    ).rows


def expected(wanted: int) -> list[tuple[Any, ...]]:
    return [
        (
            n.id,
            n.workspace,
            n.title,
            n.body,
            n.created,
            n.updated,
            json.dumps(n.tags, separators=(",", ":"), ensure_ascii=False),
        )
        for n in seed.notes(0, wanted)
    ]


def others(database: Hrana) -> tuple[int, ...]:
    """How many users, memberships and comments there are, and workspaces beside the first."""
    [row] = database.execute(
        "select (select count(*) from users), (select count(*) from memberships),"
        " (select count(*) from comments), (select count(*) from workspaces where id <> 'harbour')"
    ).rows
    return tuple(int(str(value)) for value in row)


def expected_others(wanted: int) -> tuple[int, ...]:
    users = [people.user(number) for number in range(people.people(wanted))]
    members = sum(len(people.memberships(user, number)) for number, user in enumerate(users))
    said = sum(1 for number, note in enumerate(seed.notes(0, wanted)) for _ in people.comments(note, number))
    return len(users), members, said, len(people.workspaces()) - 1 if wanted else 0


def test_the_switch_goes_up_and_down_and_leaves_what_people_wrote(ready: Created) -> None:
    with ready.connect() as database:
        for wanted in (100, 2500, 2500, 1300, 100, 0, 3):
            converge(database, wanted)
            assert stored(database) == expected(wanted)
            assert count(database) == wanted
            assert others(database) == expected_others(wanted)
            found = database.execute("select id from notes where title = 'mine' order by id").rows
            assert [name for (name,) in found] == sorted(WRITTEN)


def test_going_up_sends_only_incomplete_blocks(ready: Created, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks: list[tuple[int, int]] = []
    original = seeding._requests

    def watched(start: int, stop: int) -> Iterator[tuple[str, str]]:
        blocks.append((start, stop))
        return original(start, stop)

    monkeypatch.setattr(seeding, "_requests", watched)
    with ready.connect() as database:
        converge(database, 1500)
        converge(database, 3000)
    assert blocks == [(0, 1000), (1000, 1500), (1000, 2000), (2000, 3000)]


def test_a_seeding_that_was_killed_is_completed(ready: Created) -> None:
    with ready.connect() as database:
        converge(database, 2200)
        database.execute("delete from notes where substr(id, 25) in ('000000000007', '000000001999')")
        converge(database, 2200)
        assert stored(database) == expected(2200)


def test_notes_of_an_older_seed_are_replaced(ready: Created) -> None:
    with ready.connect() as database:
        converge(database, 10)
        database.execute(
            "update notes set id = substr(id, 1, 14) || '7000' || substr(id, 19) where title <> 'mine'"
        )
        converge(database, 10)
        assert stored(database) == expected(10)


def test_the_engines_numbers_are_accepted(ready: Created) -> None:
    provider = ready.turso.provider(SeedProvider)
    outs = provider.create(props(ready, 5.0)).outs
    assert outs is not None
    assert not provider.diff("id", outs, props(ready, 5)).changes
    assert provider.diff("id", outs, props(ready, 6)).changes
    assert provider.diff("id", outs, props(ready, 5) | {"databaseId": "new"}).replaces == ["databaseId"]


def test_a_refresh_sees_notes_that_were_deleted(ready: Created) -> None:
    provider = ready.turso.provider(SeedProvider)
    outs = provider.create(props(ready, 5)).outs
    assert outs is not None
    with ready.connect() as database:
        database.execute("delete from notes where substr(id, 25) = '000000000004'")
    read = provider.read("id", outs).outs
    assert read == outs | {"notes": 4}
    assert provider.diff("id", read, props(ready, 5)).changes
    ready.turso.provider(DatabaseProvider).delete(ready.database["name"], ready.database)
    assert provider.read("id", outs).id is None


def test_a_database_without_the_table_is_named(created: Created) -> None:
    with pytest.raises(UserError) as caught:
        created.turso.provider(SeedProvider).create(props(created, 5))
    assert str(caught.value) == (
        "shoreline:seed.notes: the database refuses the rows: SQLite error: no such table: comments."
        " Run the same command again; what was written so far is kept"
    )


def test_no_request_grows_with_the_notes() -> None:
    sizes = [
        len(rows)
        for start in range(0, 20_000, seeding.BLOCK)
        for _, rows in seeding._requests(start, start + 1000)
    ]
    assert len(sizes) < 100
    assert max(sizes) < 1_100_000
