"""The local clouds of these tests: one shared by a module, or one of a test's own."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.upstash import Database, UpstashCloud

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[UpstashCloud]:
    """Running; its tests use databases of their own and leave it running."""
    own = UpstashCloud(tmp_path_factory.mktemp("cloud"))
    own.up()
    yield own
    own.reset()


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[UpstashCloud]:
    """Not running yet; the test may kill it."""
    own = UpstashCloud(tmp_path)
    yield own
    own.reset()


@pytest.fixture(scope="module")
def shared(cloud: UpstashCloud) -> Database:
    """For tests that are refused, or that use keys of their own."""
    return cloud.create("shared", plan="fixed_250mb")


@pytest.fixture
def database(cloud: UpstashCloud) -> Iterator[Database]:
    """Empty; gone after the test."""
    created = cloud.create(f"test-{next(_NUMBERS)}", plan="fixed_250mb")
    yield created
    cloud.upstash("DELETE", f"/database/{created.id}")


@pytest.fixture
def http(database: Database) -> Iterator[httpx.Client]:
    with database.http() as client:
        yield client


@pytest.fixture
def shared_http(shared: Database) -> Iterator[httpx.Client]:
    with shared.http() as client:
        yield client
