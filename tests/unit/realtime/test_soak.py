"""The short form of `make soak`."""

from tests.soak.realtime import LIMITS, leaks, soak
from tests.support.notes import insert_notes
from tests.support.realtime import Realtime


def test_people_come_and_go_and_nothing_stays_behind(realtime: Realtime) -> None:
    notes = [note.id for note in insert_notes(realtime.database, "harbour", 5)]
    with realtime.limited(**LIMITS) as process:
        assert leaks(soak(process, notes, 90, 3, together=3)) == []
