"""A busy database is asked again only where it did nothing; through a gate before a real libsql-server."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from services.common.busy import nothing_was_done, pauses
from services.common.hrana import Database, DatabaseFailure, Statement
from services.settings import DatabaseSettings, load
from tests.support.gate import Answer, Gate
from tests.support.process import until
from tests.support.services import Keys, environment
from tests.support.sqld import Sqld, sqld
from tests.support.valkey import Valkey

INSERT = "insert into t (n) values (1)"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sqld]:
    with sqld(tmp_path_factory.mktemp("sqld")) as running:
        running.execute("create table t (n integer)")
        yield running


@pytest.fixture
def gate(server: Sqld) -> Iterator[Gate]:
    server.execute("delete from t")
    with Gate(server.port).opened() as opened:
        yield opened


def error(code: str) -> dict[str, str]:
    return {"message": "database is locked", "code": code}


ROWS = {"cols": [], "rows": [], "affected_row_count": 0}


def statement(code: str) -> Answer:
    return pipeline({"type": "error", "error": error(code)})


def transaction(*steps: str | None) -> Answer:
    """Of begin, the insert, commit and rollback: None where a step succeeded, "" where it was skipped."""
    result = {
        "step_results": [ROWS if step is None else None for step in steps],
        "step_errors": [error(step) if step else None for step in steps],
    }
    return pipeline({"type": "ok", "response": {"type": "batch", "result": result}})


def pipeline(*results: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps({"baton": None, "results": results}).encode())


NOTHING = [
    Answer(429, b'{"error":"Timed out while opening database connection"}'),
    statement("SQLITE_BUSY"),
    statement("SQLITE_BUSY_SNAPSHOT"),
    transaction("SQLITE_BUSY", "", "", ""),
    transaction(None, "SQLITE_BUSY_SNAPSHOT", "", None),
    transaction(None, None, "SQLITE_BUSY", None),
    transaction(None, "SQLITE_CONSTRAINT", "SQLITE_BUSY", None),
]
PERHAPS_SOMETHING = [
    Answer(500, b"SQLITE_BUSY"),
    Answer(503, b"SQLITE_BUSY"),
    Answer(200, b"SQLITE_BUSY"),
    Answer(200, b'["SQLITE_BUSY"]'),
    statement("SQLITE_CONSTRAINT"),
    statement("SQLITE_FULL"),
    transaction(None, None, "SQLITE_BUSY", "SQLITE_ERROR"),
    transaction(None, None, "SQLITE_BUSY", ""),
    transaction(None, "SQLITE_CONSTRAINT", "", None),
    pipeline(*[{"type": "error", "error": error("SQLITE_BUSY")}] * 3),
]


def test_what_did_nothing_is_told_apart() -> None:
    assert [each for each in NOTHING if not nothing_was_done(each.status, each.body)] == []
    assert [each for each in PERHAPS_SOMETHING if nothing_was_done(each.status, each.body)] == []


def test_pauses_grow_differ_and_end_before_the_deadline() -> None:
    one, another = (list(islice(pauses(time.monotonic() + 60), 9)) for _ in range(2))
    assert one != another
    assert one[0] <= 0.02 < 0.3 < one[-1] <= 0.64
    assert list(pauses(time.monotonic())) == []
    assert max(islice(pauses(time.monotonic() + 0.05), 9)) < 0.05


Write = Callable[[Database], Awaitable[object]]


async def single(database: Database) -> None:
    await database.execute(INSERT)


async def together(database: Database) -> None:
    await database.transaction([Statement(INSERT, {})])


def meeting(folder: Path, server: Sqld, gate: Gate, write: Write, answer: Answer) -> None:
    """Writes while the gate answers so, until it has three times."""

    async def scenario() -> None:
        behind_gate = replace(server, port=gate.port)
        # No Valkey is started: the database's client knows of none.
        database = Database(load(DatabaseSettings, environment(behind_gate, Valkey(folder), Keys(), folder)))
        try:
            with gate.trouble(answer), gate.counted() as passed:
                writing = asyncio.ensure_future(write(database))
                await asyncio.to_thread(until, lambda: len(passed) >= 3 or writing.done())
            await writing
        finally:
            await database.close()

    asyncio.run(scenario())


@pytest.mark.parametrize("answer", NOTHING)
@pytest.mark.parametrize("write", [single, together])
def test_a_write_that_did_nothing_is_done_once(
    tmp_path: Path, server: Sqld, gate: Gate, write: Write, answer: Answer
) -> None:
    meeting(tmp_path, server, gate, write, answer)
    assert server.execute("select count(*) from t") == [["1"]]


@pytest.mark.parametrize("answer", PERHAPS_SOMETHING)
def test_a_write_that_may_have_happened_is_sent_once(
    tmp_path: Path, server: Sqld, gate: Gate, answer: Answer
) -> None:
    with pytest.raises(DatabaseFailure):
        meeting(tmp_path, server, gate, together, answer)
    assert len(gate.passed) == 1
