"""The api as a real process, before a real libsql-server and a real Valkey."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.gate import Gate
from tests.support.services import FrontDoor, Keys, environment, service
from tests.support.sqld import Sqld, sqld
from tests.support.valkey import Valkey, valkey


@dataclass(frozen=True)
class Api:
    """The process, what stands behind it, and the way in. `gate` is before the database."""

    door: FrontDoor
    database: Sqld
    gate: Gate
    cache: Valkey
    variables: dict[str, str]
    folder: Path


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory, keys: Keys) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("api")
    with (
        sqld(tmp_path_factory.mktemp("database")) as database,
        Gate(database.port).opened() as gate,
        valkey(tmp_path_factory.mktemp("cache")) as cache,
    ):
        variables = environment(database, cache, keys, folder)
        variables["DATABASE_ORIGIN"] = f"http://127.0.0.1:{gate.port}"
        with service("api", folder, variables) as process:
            yield Api(FrontDoor(process, keys.edge), database, gate, cache, variables, folder)


@pytest.fixture
def ada() -> Identity:
    """Somebody whom no other test knows."""
    return Identity(user=new_id(), name="Ada Harbour")


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@harbour.example"
