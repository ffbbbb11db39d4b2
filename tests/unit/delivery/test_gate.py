"""Whether a version may answer more visitors."""

import pytest

from infra.delivery.gate import PROBES, Figures, is_worth_waiting, measure, objection
from tests.support.gate import Answer, Gate


def figures(ms: float = 10, failed: int = 0, count: int = 100) -> Figures:
    found = Figures()
    for each in range(count):
        found.add("GET /", ms, "status 500" if each < failed else None)
    return found


def test_as_good_as_the_one_before() -> None:
    assert objection(figures(), figures()) is None
    assert objection(figures(failed=2), None) is None


def test_errors_count_against_those_of_the_version_before() -> None:
    assert objection(figures(failed=12), figures(failed=10)) is None
    said = objection(figures(failed=13), figures(failed=10))
    assert said and "13% of 100 requests" in said and "GET /: status 500" in said and "10%" in said


def test_slow_is_both_twice_as_slow_and_noticeably_so() -> None:
    assert objection(figures(ms=200), figures(ms=10)) is None, "within the slack"
    assert objection(figures(ms=700), figures(ms=400)) is None, "within the factor"
    said = objection(figures(ms=700), figures(ms=300))
    assert said and "700 ms on the new version, against 300 ms" in said


def test_a_first_version_is_only_asked_for_errors() -> None:
    assert objection(figures(ms=9000), None) is None
    assert objection(figures(failed=50), None)


def test_visitors_are_waited_for_only_where_enough_of_them_will_come() -> None:
    assert is_worth_waiting(figures(count=30), seconds=3)
    assert not is_worth_waiting(figures(count=20), seconds=3)
    assert not is_worth_waiting(figures(count=100), seconds=3), "enough have come"
    assert not is_worth_waiting(figures(count=99), seconds=10), "it has looked for long enough"


@pytest.mark.parametrize("status", [404, 429])
def test_an_answer_that_a_probe_must_not_get_is_an_error(status: int) -> None:
    wrong = Answer(status, b"", {"x-release": "new", "retry-after": "0"})
    with Gate(1).opened() as gate, gate.trouble(wrong):
        [new] = measure(f"http://127.0.0.1:{gate.port}", "edge", ["new"], rounds=1)
    assert new.problems == [f"{probe}: status {status}" for probe in PROBES]
