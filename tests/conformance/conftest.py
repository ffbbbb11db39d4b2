"""Both tiers, run once for all the tests of a process."""

from collections.abc import Iterator

import pytest

from infra.manifest.compile import Compiled
from tests.conformance import catalog
from tests.conformance.tiers import Tiers, both_tiers, compiled


@pytest.fixture(scope="session")
def made() -> Compiled:
    """The application's routes and those of catalog.py."""
    return compiled(catalog)


@pytest.fixture(scope="session")
def tiers(made: Compiled, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tiers]:
    with both_tiers(made, tmp_path_factory.mktemp("tiers")) as running:
        yield running
