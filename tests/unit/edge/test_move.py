"""The pure parts of a move: who is on which side, switches, the breaker, and what a shadow finds."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support import node

PEOPLE = 100_000


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return node.bundled(Path(__file__).with_name("move_cases.mjs"), tmp_path_factory.mktemp("move"))


def call(script: Path, *calls: list[Any]) -> list[Any]:
    results: list[Any] = node.run(script, calls)
    return results


# Split

NUMBERED = [f"user user-{number}" for number in range(PEOPLE)]
"""Keys that differ in little."""
IN_ORDER = [f"user 019aa1b2-{number:04x}-7000-8000-000000{number:06x}" for number in range(PEOPLE)]
"""Ids as they are made: UUIDv7 of a time."""
ADDRESSES = [f"address 10.{n >> 16}.{n >> 8 & 255}.{n & 255}" for n in range(PEOPLE)]


@pytest.mark.parametrize("people", [NUMBERED, IN_ORDER, ADDRESSES], ids=["numbered", "ids", "addresses"])
def test_shares_are_within_a_point_and_a_higher_one_only_adds(script: Path, people: list[str]) -> None:
    shares = [0, 1, 10, 25, 50, 75, 99, 100]
    found = call(script, *(["moved", "list_notes", people, share] for share in shares))
    before: set[int] = set()
    for share, moved in zip(shares, found, strict=True):
        assert abs(len(moved) / PEOPLE * 100 - share) < 1, share
        assert before <= set(moved)
        before = set(moved)
    assert (len(found[0]), len(found[-1])) == (0, PEOPLE)


def test_a_hundredth_of_a_percent_can_be_moved(script: Path) -> None:
    [moved] = call(script, ["moved", "list_notes", NUMBERED, 0.01])
    assert 0 < len(moved) < PEOPLE * 0.0005


def test_each_route_has_an_order_of_its_own(script: Path) -> None:
    one, other = call(script, ["moved", "list_notes", NUMBERED, 10], ["moved", "read_note", NUMBERED, 10])
    both = len(set(one) & set(other))
    assert abs(both / PEOPLE - 0.01) < 0.005


def test_a_bucket_never_changes(script: Path) -> None:
    """Another hash would move people at the release that brings it."""
    [moved] = call(script, ["moved", "list_notes", NUMBERED[:40], 10])
    assert moved == MOVED_AT_TEN


MOVED_AT_TEN = [3, 5, 9, 15]


# Switches


def test_switches_are_read_from_a_hash(script: Path) -> None:
    answer = ["list_notes", '{"rollout":0}', "read_note", '{"rollout":12.5,"shadow":100,"by":"ada"}']
    [parsed] = call(script, ["parseSwitches", answer])
    assert parsed == {
        "switches": {"list_notes": {"rollout": 0}, "read_note": {"rollout": 12.5, "shadow": 100}},
        "ignored": [],
    }


@pytest.mark.parametrize(
    "value", ["", "no json", "17", "null", '{"rollout":101}', '{"rollout":-1}', '{"shadow":"on"}']
)
def test_a_switch_that_makes_no_sense_is_ignored_and_the_others_hold(script: Path, value: str) -> None:
    [parsed] = call(script, ["parseSwitches", ["a", value, "b", '{"rollout":0}']])
    assert parsed == {"switches": {"b": {"rollout": 0}}, "ignored": ["a"]}


@pytest.mark.parametrize("answer", [None, "x", {"a": "b"}, ["a"]])
def test_an_answer_that_is_no_hash_is_refused(script: Path, answer: object) -> None:
    with pytest.raises(RuntimeError, match="the switches are no hash"):
        call(script, ["parseSwitches", answer])


def test_a_request_waits_for_the_switches_only_where_they_are_old(script: Path) -> None:
    steps: list[tuple[list[Any], Any]] = [
        (["due", 0], "before"),  # a new isolate
        (["age", 0], None),
        (["began", 0], None),
        (["due", 1], "before"),  # somebody else reads them, but nothing is known yet
        (["took", {"a": {"rollout": 0}}, 0], None),
        (["ended", 10], None),
        (["of", "a"], {"rollout": 0}),
        (["of", "b"], {}),
        (["due", 1999], "no"),
        (["due", 2000], "beside"),
        (["age", 2000], 2000),
        (["began", 2000], None),
        (["due", 2001], "no"),
        (["ended", 2500], None),  # Redis didn't answer: the last known ones hold, and nobody waits
        (["due", 4000], "beside"),
        (["of", "a"], {"rollout": 0}),
        (["due", 6500], "before"),  # idle for long
    ]
    assert call(script, ["switches", [step for step, _ in steps]]) == [[result for _, result in steps]]


def test_a_slow_read_does_not_bring_back_old_switches(script: Path) -> None:
    steps: list[list[Any]] = [["took", {"a": {"rollout": 0}}, 10], ["took", {}, 5], ["of", "a"]]
    assert call(script, ["switches", steps])[0][-1] == {"rollout": 0}


# Breaker


def states(script: Path, *steps: list[Any]) -> list[Any]:
    [result] = call(script, ["breaker", steps])
    return list(result)


DOWN: list[list[Any]] = [["report", False, 0]] * 3


def test_three_failures_in_a_row_open_it(script: Path) -> None:
    assert states(script, *DOWN) == ["closed", "closed", "open"]
    mixed: list[list[Any]] = [["report", False, 0], ["report", False, 0], ["report", True, 0]] * 3
    assert set(states(script, *mixed)) == {"closed"}


def test_two_probes_that_get_through_close_it(script: Path) -> None:
    probing: list[list[Any]] = [
        ["probing", 499],
        ["probing", 500],
        ["probing", 501],  # one at a time
        ["probed", True, 510],
        ["probing", 510],
        ["probed", True, 520],
        ["probing", 9999],
    ]
    assert states(script, *DOWN, *probing)[3:] == [False, True, False, "open", True, "closed", False]


def test_a_probe_that_fails_doubles_the_pause_up_to_a_limit(script: Path) -> None:
    now, pauses = 0, [500, 1000, 2000, 4000, 5000, 5000]
    steps, expected = list(DOWN), []
    for pause in pauses:
        steps += [["probing", now + pause - 1], ["probing", now + pause], ["probed", False, now + pause]]
        expected += [False, True, "open"]
        now += pause
    assert states(script, *steps)[3:] == expected


def test_a_probe_that_is_lost_is_sent_again(script: Path) -> None:
    steps: list[list[Any]] = [*DOWN, ["probing", 500], ["probing", 10_499], ["probing", 10_500]]
    assert states(script, *steps)[3:] == [True, False, True]


def test_what_began_before_it_opened_neither_closes_nor_prolongs(script: Path) -> None:
    late: list[list[Any]] = [
        ["report", True, 1],
        ["report", False, 400],
        ["probing", 500],
        ["report", True, 501],
    ]
    assert states(script, *DOWN, *late)[3:] == ["open", "open", True, "half-open"]


# Shadow


def found(script: Path, served: dict[str, Any], other: dict[str, Any]) -> list[tuple[str, str, str]]:
    [result] = call(script, ["differences", served, other])
    return [(each["path"], each["served"], each["other"]) for each in result]


def test_equal_answers_have_no_differences(script: Path) -> None:
    same = {"status": 200, "headers": {"etag": '"x"', "server-timing": "db"}, "body": '{"a":1}'}
    assert found(script, same, {**same, "headers": {"etag": '"x"', "x-served-by": "api"}}) == []


def test_status_and_headers_are_compared(script: Path) -> None:
    served = {"status": 200, "headers": {"etag": '"secret"', "location": "/a"}}
    other = {"status": 404, "headers": {"location": "/secret", "allow": "GET"}}
    assert found(script, served, other) == [
        ("status", "200", "404"),
        ("header/allow", "missing", "text of 3"),
        ("header/etag", "text of 8", "missing"),
        ("header/location", "text of 2", "text of 7"),
    ]


def test_bodies_are_compared_by_field_and_no_value_is_told(script: Path) -> None:
    served = {"notes": [{"id": "1", "title": "Ada's diary", "n": 1, "same": [1]}], "Grace Hopper": 1}
    other = {"notes": [{"id": "1", "title": None, "n": 2, "same": [1]}, {}]}
    differences = found(script, {"body": json.dumps(served)}, {"body": json.dumps(other)})
    assert differences == [
        ("body/notes/0/title", "text of 11", "null"),
        ("body/notes/0/n", "number", "number"),
        ("body/notes/1", "missing", "object"),
        ("body/*", "number", "missing"),
    ]


@pytest.mark.parametrize(("served", "other"), [('{"a":1}', '{"a": 1}'), ("x", "y"), ('{"a":1}', "<html>")])
def test_bodies_that_differ_elsewhere_differ_as_a_whole(script: Path, served: str, other: str) -> None:
    [(path, *kinds)] = found(script, {"body": served}, {"body": other})
    assert (path, kinds) == ("body", [f"text of {len(served)}", f"text of {len(other)}"])


def test_only_the_first_twenty_differences_are_kept(script: Path) -> None:
    served, other = json.dumps([[n] * 9 for n in range(9)]), json.dumps([[-1] * 9] * 9)
    assert len(found(script, {"body": served}, {"body": other})) == 20


def test_a_tally_is_bounded_and_begins_anew(script: Path) -> None:
    sample = {"at": 1, "request": "r", "served": "edge", "differences": []}
    steps: list[list[Any]] = [["add", "a", "different", sample]] * 9
    steps += [["add", "a", "same"], ["add", "b", "late"], ["take"], ["take"]]
    [result] = call(script, ["tally", steps])
    *counts, expiry, push, trim, samples_expiry = result[-2]
    assert counts == [
        ["HINCRBY", "shoreline:shadow:counts", "a different", 9],
        ["HINCRBY", "shoreline:shadow:counts", "a same", 1],
        ["HINCRBY", "shoreline:shadow:counts", "b late", 1],
    ]
    assert push == ["LPUSH", "shoreline:shadow:samples:a", *[json.dumps(sample, separators=(",", ":"))] * 5]
    assert trim == ["LTRIM", "shoreline:shadow:samples:a", 0, 49]
    assert expiry[0] == samples_expiry[0] == "EXPIRE"
    assert result[-1] == []
