"""The short form of `make soak`."""

import json

from tests.soak.realtime import LIMITS, leaks, soak
from tests.support.notes import insert_notes
from tests.unit.realtime.conftest import Realtime


def test_people_come_and_go_and_nothing_stays_behind(realtime: Realtime) -> None:
    notes = [note.id for note in insert_notes(realtime.database, "harbour", 5)]
    with realtime.limited(**json.loads(LIMITS)) as process:
        assert leaks(soak(process.door, notes, 90, 3, together=3)) == []
