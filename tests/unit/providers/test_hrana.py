"""The Hrana client against a real libsql-server."""

from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest

from infra.errors import UserError
from infra.providers.hrana import DatabaseMissingError, Hrana, HranaError, Statement, Step, TokenRefusedError
from tests.support.gate import Answer, Gate
from tests.support.process import until
from tests.unit.providers.conftest import Created

GONE = (DatabaseMissingError, TokenRefusedError)
VALUES = (None, 0, -(2**63), 2**63 - 1, 1.5, "", "naïve 👩‍🚀 \x00 العربية", b"", b"\x00\xff" * 5)


def test_values_come_back_as_they_went(created: Created) -> None:
    with created.connect() as database:
        [row] = database.execute(f"select {', '.join('?' * len(VALUES))}", *VALUES).rows
    assert row == VALUES


def test_a_refusal_carries_the_databases_words_and_code(created: Created) -> None:
    with created.connect() as database, pytest.raises(HranaError) as caught:
        database.execute("select nope")
    assert (caught.value.message, caught.value.code) == (
        "SQL input error: no such column: nope (at offset 7)",
        "SQL_INPUT_ERROR",
    )


def test_a_step_whose_condition_fails_does_not_run(created: Created) -> None:
    with created.connect() as database:
        answer = database.batch(
            [
                Step(Statement("select * from missing")),
                Step(Statement("select 2"), {"type": "ok", "step": 0}),
                Step(Statement("select 3"), {"type": "error", "step": 0}),
            ]
        )
    assert [problem and problem.message for problem in answer.step_errors] == [
        "SQLite error: no such table: missing",
        None,
        None,
    ]
    assert [result and result.rows for result in answer.step_results] == [None, None, [(3,)]]


def test_parsing_runs_nothing(created: Created) -> None:
    with created.connect() as database:
        problems = database.parse(["create table t(x)", "create tabel t(x)", "select x from t"])
        assert [problem is None for problem in problems] == [True, False, True]
        assert database.execute("select count(*) from sqlite_master").rows == [(0,)]


def test_a_wrong_token_and_a_missing_database_are_told_apart(created: Created) -> None:
    databases = created.turso.settings.databases
    with (
        Hrana(created.database["hostname"], "wrong", databases) as database,
        pytest.raises(TokenRefusedError),
    ):
        database.execute("select 1")
    with Hrana("nobody.turso.localhost", created.token["jwt"], databases) as database, pytest.raises(GONE):
        database.execute("select 1")


def test_a_busy_database_is_asked_again(created: Created) -> None:
    port = urlsplit(str(created.turso.settings.databases)).port
    assert port is not None
    with Gate(port).opened() as gate, ThreadPoolExecutor(1) as pool:
        behind = Hrana(created.database["hostname"], created.token["jwt"], f"http://127.0.0.1:{gate.port}")
        with behind as database, gate.counted() as passed:
            with gate.trouble(Answer(429, b"")):
                answer = pool.submit(database.execute, "create table t (n)")
                until(lambda: len(passed) > 1)
            answer.result()
    with created.connect() as database:
        assert database.execute("select count(*) from t").rows == [(0,)]


def test_a_database_that_cannot_be_reached_is_named_by_its_hostname_or_setting() -> None:
    named = r"^notes\.invalid: the database at https://notes\.invalid cannot be reached"
    with Hrana("notes.invalid", "t") as database, pytest.raises(UserError, match=named):
        database.execute("select 1")
    with Hrana("notes.invalid", "t", "http://127.0.0.1:1") as database, pytest.raises(UserError) as caught:
        database.execute("select 1")
    assert str(caught.value) == (
        "shoreline:turso.databases: the database at http://127.0.0.1:1 cannot be reached (Connection"
        " refused). Check the address and the network; `make up` starts the dev stack's local cloud"
    )
