"""Local clouds with servers, one shared by a module or one of a test's own, and SSH clients for them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.localcloud.server.vps import Vps


@pytest.fixture(scope="module")
def vps(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vps]:
    """The only server of a running cloud; its tests use units of their own and leave it running."""
    own = Vps.alone(tmp_path_factory.mktemp("vps"))
    own.cloud.up()
    yield own
    own.cloud.reset()


@pytest.fixture
def own_vps(tmp_path: Path) -> Iterator[Vps]:
    """Running; the test may kill it."""
    own = Vps.alone(tmp_path)
    own.cloud.up()
    yield own
    own.cloud.reset()
