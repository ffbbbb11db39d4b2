"""The jobs service as a real process, before a real libsql-server and a real Valkey."""

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.common.hrana import Database
from services.common.ids import new_id, now_ms
from services.common.jobs import NewJob
from services.settings import JobsSettings, load
from tests.support.gate import Gate
from tests.support.notes import insert_notes
from tests.support.process import until
from tests.support.services import Keys, Service, environment, service
from tests.support.sqld import Sqld, sqld
from tests.support.valkey import Valkey, valkey


@dataclass(frozen=True)
class Jobs:
    """What the service stands on. `gate` is before the database."""

    database: Sqld
    gate: Gate
    cache: Valkey
    variables: dict[str, str]
    folder: Path

    @contextmanager
    def working(self, module: str = "services.jobs", within: Sequence[str | Path] = ()) -> Iterator[Service]:
        """The service, or what has its place in a test."""
        with service("jobs", self.folder, self.variables, module, within) as process:
            yield process

    def write_export(self, note: str, *, user: str = "ada", age_ms: int = 0) -> str:
        """What the api writes down before it queues a job; gives the export's id."""
        identifier = new_id()
        about: dict[str, str | int | None] = {"id": identifier, "user": user, "created": now_ms() - age_ms}
        export = """insert into exports (id, user, note, state, created)
        values (:id, :user, :note, 'queued', :created)"""
        self.database.execute(export, {**about, "note": note})
        self.write(NewJob("export", owner=user, id=identifier), age_ms)
        return identifier

    def write(self, job: NewJob, age_ms: int = 0) -> str:
        statement = job.statement()
        args = {**statement.args, "created": now_ms() - age_ms}
        self.database.execute(statement.sql, args)  # type: ignore[arg-type] # no job holds a float
        return job.id

    def job(self, identifier: str) -> dict[str, str | None]:
        query = "select state, tries, error, due from jobs where id = :id"
        [row] = self.database.execute(query, {"id": identifier})
        return dict(zip(("state", "tries", "error", "due"), row, strict=True))

    def await_state(self, identifier: str, state: str, deadline: float = 20.0) -> dict[str, str | None]:
        def reached() -> dict[str, str | None] | None:
            return found if (found := self.job(identifier))["state"] == state else None

        return until(reached, f"the job is {state}", deadline)

    def export(self, identifier: str) -> dict[str, str | None]:
        [row] = self.database.execute(
            "select state, finished from exports where id = :id", {"id": identifier}
        )
        return dict(zip(("state", "finished"), row, strict=True))

    def await_export(self, identifier: str, deadline: float = 20.0) -> dict[str, str | None]:
        """The export once it is done or has failed."""

        def ended() -> dict[str, str | None] | None:
            found = self.export(identifier)
            return found if found["state"] in ("done", "failed") else None

        return until(ended, "the export ends", deadline)


@pytest.fixture(scope="session")
def jobs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jobs]:
    folder = tmp_path_factory.mktemp("jobs")
    with (
        sqld(tmp_path_factory.mktemp("database")) as database,
        Gate(database.port).opened() as gate,
        valkey(tmp_path_factory.mktemp("cache")) as cache,
    ):
        variables = environment(database, cache, Keys(), folder)
        variables["DATABASE_ORIGIN"] = f"http://127.0.0.1:{gate.port}"
        yield Jobs(database, gate, cache, variables, folder)


@pytest.fixture(scope="session")
def settings(jobs: Jobs) -> JobsSettings:
    return load(JobsSettings, jobs.variables)


@pytest.fixture(scope="session")
def note(jobs: Jobs) -> str:
    return insert_notes(jobs.database, "harbour", 3, body="Low tide.\n\nHigh tide.")[0].id


@pytest.fixture
async def database(settings: JobsSettings) -> AsyncIterator[Database]:
    opened = Database(settings)
    yield opened
    await opened.close()
