"""The built Worker in workerd, in front of a real libsql-server behind a gate that counts and breaks."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.gate import Gate
from tests.support.notes import insert_workspace
from tests.support.problem import check_problem
from tests.support.services import Keys
from tests.support.sessions import token
from tests.support.sqld import Sqld, sqld
from tests.support.upstash import local_upstash
from tests.support.valkey import Valkey, valkey
from tests.support.workerd import Edge, Redis, Servers, build, edge
from tests.unit.edge.stack import Stack, stack


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sqld]:
    with sqld(tmp_path_factory.mktemp("sqld")) as server:
        yield server


@pytest.fixture(scope="session")
def gate(database: Sqld) -> Iterator[Gate]:
    with Gate(database.port).opened() as gate:
        yield gate


@pytest.fixture(scope="session")
def keys() -> Keys:
    return Keys()


@pytest.fixture(scope="session")
def worker(
    bundle: Path, database: Sqld, gate: Gate, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """A Worker that knows sessions, and has no server."""
    directory = tmp_path_factory.mktemp("edge")
    alone = Servers([], keys)
    with edge(bundle, directory, database_port=gate.port, token=database.token, servers=alone) as running:
        yield running


@pytest.fixture(scope="session")
def readonly_worker(
    bundle: Path, database: Sqld, gate: Gate, keys: Keys, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """A Worker whose token may only read."""
    directory = tmp_path_factory.mktemp("readonly")
    alone = Servers([], keys)
    with edge(bundle, directory, database_port=gate.port, token=database.readonly, servers=alone) as running:
        yield running


@pytest.fixture(scope="session")
def client(worker: Edge) -> Iterator[httpx.Client]:
    """Nobody is signed in."""
    with httpx.Client(base_url=worker.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def ada(worker: Edge, keys: Keys) -> Iterator[httpx.Client]:
    """Somebody is signed in, who is a member of nothing."""
    with httpx.Client(base_url=worker.url, timeout=20, headers=cookie(keys)) as client:
        yield client


def cookie(keys: Keys, **claims: Any) -> dict[str, str]:
    return {"cookie": f"session={token(keys.session, **claims)}"}


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """Redis over REST, as the local Upstash has it."""
    with local_upstash(tmp_path_factory.mktemp("redis")) as upstash:
        yield upstash.redis()


@pytest.fixture(scope="session")
def servers(
    bundle: Path, database: Sqld, cache: Valkey, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A Worker with a server behind it."""
    with stack(bundle, tmp_path_factory.mktemp("servers"), database, cache, redis) as running:
        yield running


@pytest.fixture
def workspace(database: Sqld) -> str:
    """An open workspace that no other test uses."""
    return new_workspace(database, open=True)


def new_workspace(database: Sqld, *, open: bool) -> str:  # noqa: A002 - the column's name
    name = f"w-{uuid.uuid4().hex}"
    insert_workspace(database, name, open=open)
    return name


ProblemCheck = Callable[[httpx.Response, int], dict[str, object]]


@pytest.fixture(scope="session")
def problem() -> ProblemCheck:
    return check_problem
