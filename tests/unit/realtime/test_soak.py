"""The short form of `make soak`."""

from tests.soak.realtime import LIMITS, leaks, soak
from tests.support.realtime import Realtime


def test_people_come_and_go_and_nothing_stays_behind(realtime: Realtime) -> None:
    with realtime.limited(**LIMITS) as process:
        assert leaks(soak(process, 90, 3, notes=5, together=3)) == []
