"""The drill: the database dumped, lost, and back as it was; what is damaged restores nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.paths import ROOT
from services.common.ids import now_ms
from services.common.jobs import NewJob
from tests.support.notes import insert_notes
from tests.support.services import Keys, environment, write_environment
from tests.support.sqld import Sqld, sqld
from tests.unit.jobs.conftest import Jobs

TABLES = ("notes", "jobs", "files", "users", "note_documents")


@pytest.fixture
def database(tmp_path: Path, jobs: Jobs) -> Iterator[Sqld]:
    (tmp_path / "database").mkdir()
    with sqld(tmp_path / "database") as server:
        variables = environment(server, jobs.cache, Keys(), tmp_path)
        write_environment(tmp_path, variables)
        yield server


def run(folder: Path, *words: str, given: str = "") -> "subprocess.CompletedProcess[str]":
    argv = [sys.executable, "-m", "services.jobs.dump", *words]
    env = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(argv, cwd=folder, env=env, input=given, capture_output=True, text=True, check=False)


def content(database: Sqld) -> list[object]:
    return [database.execute(f"select * from {table} order by 1") for table in TABLES]  # noqa: S608 - a constant


def found(database: Sqld, word: str) -> str | None:
    """How many notes the search's index has for the word; fails where the index is not what the notes say."""
    database.execute("insert into _note_search (_note_search, rank) values ('integrity-check', 1)")
    sql = "select count(*) from _note_search where _note_search match :word"
    [[count]] = database.execute(sql, {"word": word})
    return count


def fill(database: Sqld) -> None:
    insert_notes(database, "harbour", 250, body="it's; ⚓\nnew line")
    statement = NewJob("export", {"quote": "'"}).statement()
    database.execute(statement.sql, statement.args)  # type: ignore[arg-type] # no job holds a float
    database.execute("insert into note_documents (note, state, through) values ('n', x'00ff', 1)")
    database.execute(
        """insert into files (id, workspace, owner, server, name, size, state, created)
        values ('f', 'harbour', 'ada', 'vps-1', 'a', 9007199254740993, 'stored', :now)""",
        {"now": now_ms()},
    )


def test_a_lost_database_comes_back_as_it_was(database: Sqld, tmp_path: Path) -> None:
    fill(database)
    before, kept = content(database), run(tmp_path).stdout
    for table in TABLES:
        database.execute(f"delete from {table}")  # noqa: S608 - a constant
    insert_notes(database, "after the loss", 3, body="loss")
    for _ in range(2):
        restored = run(tmp_path, "restore", given=kept)
        assert (restored.returncode, restored.stderr) == (0, "")
        assert content(database) == before
        assert (found(database, "line"), found(database, "loss")) == ("250", "0")


def test_a_restore_keeps_what_says_how_far_the_schema_is(database: Sqld, tmp_path: Path) -> None:
    database.execute("create table schema_migrations (name text)")
    kept = run(tmp_path).stdout
    database.execute("insert into schema_migrations values ('applied since')")
    assert run(tmp_path, "restore", given=kept).returncode == 0
    assert database.execute("select name from schema_migrations") == [["applied since"]]


def test_a_damaged_dump_touches_nothing(database: Sqld, tmp_path: Path) -> None:
    fill(database)
    before = content(database)
    kept = run(tmp_path).stdout
    for damaged in (kept[: len(kept) // 2], kept.replace("INSERT", "INSIST"), ""):
        refused = run(tmp_path, "restore", given=damaged)
        assert refused.returncode != 0 and "the dump is damaged" in refused.stderr
    assert content(database) == before
