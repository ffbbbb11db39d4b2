"""services/contract/sliding-window.lua in a real Valkey, with a clock of its own."""

import itertools
import random
from collections.abc import Iterator
from typing import Any

import pytest
import redis

from infra.paths import SERVICES
from tests.support.valkey import Valkey

SCRIPT = (SERVICES / "contract" / "sliding-window.lua").read_text("utf-8")
START = 1_800_000_000_000
MINUTE = 60_000
numbers = itertools.count()


@pytest.fixture
def database(cache: Valkey) -> Iterator[redis.Redis]:
    with cache.client() as client:
        yield client


class Counter:
    """One subject under limits of (count, window in ms)."""

    def __init__(self, database: redis.Redis, *limits: tuple[int, int]) -> None:
        self._script: Any = database.register_script(SCRIPT)
        self._limits = limits
        self.keys = [f"limit:{next(numbers)}" for _ in limits]

    def ask(self, now: int) -> list[int]:
        """Milliseconds to wait, by limit."""
        values = [value for limit in self._limits for value in limit]
        waits: list[int] = self._script(keys=self.keys, args=[now, *values])
        return waits

    def allowed(self, now: int) -> bool:
        return max(self.ask(now)) == 0


def test_as_many_as_the_limit_and_no_more(database: redis.Redis) -> None:
    counter = Counter(database, (5, MINUTE))
    assert [counter.allowed(START + n) for n in range(8)] == [True] * 5 + [False] * 3


def test_who_waits_as_told_is_let_in_and_not_before(database: redis.Redis) -> None:
    counter = Counter(database, (7, MINUTE))
    chance = random.Random(5)  # noqa: S311 - a test repeats
    now, waited = START, 0
    for _ in range(300):
        now += chance.choice([0, 1, 500, 4_000])
        (wait,) = counter.ask(now)
        if wait > 0:
            assert not counter.allowed(now + wait - 2)
            now += wait
            assert counter.allowed(now)
            waited += 1
    assert waited > 20


def test_over_any_stretch_about_the_limit_is_let_in(database: redis.Redis) -> None:
    counter = Counter(database, (60, MINUTE))
    chance = random.Random(7)  # noqa: S311 - a test repeats
    allowed: list[int] = []
    now = START
    while now < START + 10 * MINUTE:
        now += chance.randrange(0, 500)
        if counter.allowed(now):
            allowed.append(now)
    # Two counters stand for a window: a steady caller gets the limit, and no stretch twice of it.
    assert 0.95 * 600 <= len(allowed) <= 1.05 * 600 + 60
    busiest = max(sum(1 for at in allowed if start <= at < start + MINUTE) for start in allowed)
    assert busiest <= 75


def test_a_refused_request_counts_nowhere(database: redis.Redis) -> None:
    counter = Counter(database, (2, MINUTE), (5, MINUTE))
    assert [counter.allowed(START + n) for n in range(4)] == [True, True, False, False]
    assert [database.hget(key, "current") for key in counter.keys] == ["2", "2"]
    waits = counter.ask(START + 10)
    assert waits[0] > 0 and waits[1] == 0


def test_a_clock_that_is_behind_lets_nobody_in_twice(database: redis.Redis) -> None:
    counter = Counter(database, (2, MINUTE))
    assert counter.allowed(START) and counter.allowed(START)
    assert not counter.allowed(START - MINUTE)


def test_counters_are_forgotten(database: redis.Redis) -> None:
    counter = Counter(database, (2, MINUTE))
    counter.ask(START)
    assert 0 < database.pttl(counter.keys[0]) <= 2 * MINUTE
