"""The realtime service, and people."""

from collections.abc import Iterator

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.notes import insert_notes
from tests.support.realtime import Realtime, realtime_service


@pytest.fixture(scope="session")
def realtime(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Realtime]:
    with realtime_service(tmp_path_factory.mktemp("realtime")) as started:
        yield started


@pytest.fixture
def note(realtime: Realtime) -> str:
    """A note that no other test knows."""
    [note] = insert_notes(realtime.database, "harbour", 1, title="Tide", body="Low at six.")
    return note.id


@pytest.fixture
def ada() -> Identity:
    """Somebody whom no other test knows."""
    return Identity(user=new_id(), name="Ada Harbour")


@pytest.fixture
def eve() -> Identity:
    return Identity(user=new_id(), name="Eve")
