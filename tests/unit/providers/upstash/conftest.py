"""A local Upstash for each test process, and a database of its own for each test."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.upstash import LocalUpstash, local_upstash


@pytest.fixture(scope="session")
def upstash_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalUpstash]:
    with local_upstash(tmp_path_factory.mktemp("upstash")) as upstash:
        yield upstash


@pytest.fixture
def upstash(upstash_server: LocalUpstash) -> Iterator[LocalUpstash]:
    """With a name that nobody uses yet; its database, if there is one, is gone afterwards."""
    fresh = upstash_server.fresh()
    yield fresh
    for each in fresh.call("GET", "/databases").json():
        if each["database_name"] == fresh.settings.database:
            fresh.call("DELETE", f"/database/{each['database_id']}")


@pytest.fixture
def inputs(upstash: LocalUpstash) -> dict[str, Any]:
    settings = upstash.settings
    return {
        "name": settings.database,
        "plan": settings.plan,
        "region": settings.region,
        "eviction": settings.eviction,
    }
