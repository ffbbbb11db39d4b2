"""A local Turso for each test process, and a database of its own for each test."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from infra.providers.hrana import Hrana
from infra.providers.turso.database import DatabaseProvider
from infra.providers.turso.group import GroupProvider
from infra.providers.turso.token import DatabaseTokenProvider
from tests.support.turso import LocalTurso, local_turso


@dataclass(frozen=True)
class Created:
    """A group, a database and a token, each as its provider put them out."""

    turso: LocalTurso
    database: dict[str, Any]
    token: dict[str, Any]

    @property
    def access(self) -> dict[str, Any]:
        """What migrations and seed are given of it."""
        return {
            "databaseId": self.database["databaseId"],
            "hostname": self.database["hostname"],
            "token": self.token["jwt"],
        }

    def connect(self) -> Hrana:
        return Hrana(self.database["hostname"], self.token["jwt"], self.turso.settings.databases)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalTurso]:
    with local_turso(tmp_path_factory.mktemp("turso")) as turso:
        yield turso


@pytest.fixture
def turso(server: LocalTurso) -> LocalTurso:
    return server.fresh()


@pytest.fixture
def created(turso: LocalTurso) -> Created:
    settings = turso.settings
    turso.provider(GroupProvider).create({"name": settings.group, "location": settings.location})
    inputs = {"name": settings.database, "group": settings.group, "deleteProtection": False}
    database = turso.provider(DatabaseProvider).create(inputs).outs
    assert database is not None
    token = turso.provider(DatabaseTokenProvider).create(token_inputs(database)).outs
    assert token is not None
    return Created(turso, database, token)


def token_inputs(database: dict[str, Any], authorization: str = "full-access") -> dict[str, Any]:
    return {
        "database": database["name"],
        "databaseId": database["databaseId"],
        "hostname": database["hostname"],
        "authorization": authorization,
        "expiration": "never",
    }
