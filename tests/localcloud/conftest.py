"""The local clouds of these tests: one shared by a module, or one of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cloud import LocalCloud


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    """Running; its tests use names of their own and leave it running."""
    own = LocalCloud(tmp_path_factory.mktemp("cloud"))
    own.up()
    yield own
    own.reset()


@pytest.fixture
def own_cloud(tmp_path: Path) -> Iterator[LocalCloud]:
    """Not running yet; the test may kill it."""
    own = LocalCloud(tmp_path)
    yield own
    own.reset()
