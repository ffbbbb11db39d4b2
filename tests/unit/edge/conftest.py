"""The built Worker in workerd, in front of a real libsql-server behind a gate that counts and breaks."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.gate import Gate
from tests.support.problem import check_problem
from tests.support.sqld import Sqld, sqld
from tests.support.valkey import Valkey, valkey
from tests.support.workerd import Edge, build, edge
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
def worker(
    bundle: Path, database: Sqld, gate: Gate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    directory = tmp_path_factory.mktemp("edge")
    with edge(bundle, directory, database_port=gate.port, token=database.token) as running:
        yield running


@pytest.fixture(scope="session")
def readonly_worker(
    bundle: Path, database: Sqld, gate: Gate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Edge]:
    """A Worker whose token may only read."""
    directory = tmp_path_factory.mktemp("readonly")
    with edge(bundle, directory, database_port=gate.port, token=database.readonly) as running:
        yield running


@pytest.fixture(scope="session")
def client(worker: Edge) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=worker.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Valkey]:
    with valkey(tmp_path_factory.mktemp("cache")) as server:
        yield server


@pytest.fixture(scope="session")
def servers(
    bundle: Path, database: Sqld, cache: Valkey, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A Worker with a server behind it."""
    with stack(bundle, tmp_path_factory.mktemp("servers"), database, cache) as running:
        yield running


@pytest.fixture
def workspace() -> str:
    """A workspace that no other test uses."""
    return f"w-{uuid.uuid4().hex}"


ProblemCheck = Callable[[httpx.Response, int], dict[str, object]]


@pytest.fixture(scope="session")
def problem() -> ProblemCheck:
    return check_problem
