"""The whole stack, in clones of this project."""

from collections.abc import Iterator

import pytest

from tests.support.clone import Clone


@pytest.fixture
def clone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone on which nothing has run yet."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    try:
        yield clone
    finally:
        clone.close()


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Clone]:
    """A clone after `make up`, shared by the tests of all modules; each leaves it as it is declared."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    try:
        clone.shoreline("up")
        yield clone
    finally:
        clone.close()
