"""A route that moves, under load: who answers, what happens where a way breaks, and what shadows do."""

import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.gate import Answer, Trouble
from tests.support.process import until
from tests.support.sqld import Sqld
from tests.support.valkey import Valkey
from tests.support.workerd import Redis
from tests.unit.edge.conftest import ProblemCheck
from tests.unit.edge.moving import EFFECTIVE_SECONDS, Load, Moving, moving

PEOPLE = 60
ROUTE = "read_note"


@pytest.fixture(scope="module")
def stack(
    bundle: Path, database: Sqld, cache: Valkey, redis: Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Moving]:
    with moving(bundle, tmp_path_factory.mktemp("moving"), database, cache, redis) as running:
        yield running


def new_people(count: int = PEOPLE) -> list[str]:
    return [f"{uuid.uuid4()}" for _ in range(count)]


def served_by(stack: Moving, user: str = "ada") -> str:
    with stack.client(user) as client:
        return client.get(stack.path).headers["x-served-by"]


def wait_for(load: Load, seconds: float = EFFECTIVE_SECONDS) -> float:
    """Until everybody was asked again after the time in which a switch takes effect; gives that time."""
    effective = time.monotonic() + seconds
    until(
        lambda: {each.user for each in list(load.answers) if each.at >= effective} == set(load.users) or None,
        "everybody is answered again",
        60,
    )
    return effective


# Switches and shares


def test_a_route_moves_there_and_back_under_load(stack: Moving) -> None:
    """0 -> 10 -> 100 -> 0: no request fails, and nobody changes sides but when the percentage does."""
    load = Load(stack, new_people())
    shares = []
    with stack.switched(ROUTE, rollout=0), load.running():
        for rollout in (0, 10, 100, 0):
            stack.command("HSET", "shoreline:switches", ROUTE, f'{{"rollout":{rollout}}}')
            since = wait_for(load)
            now = load.sides(since)
            assert all(len(sides) == 1 for sides in now.values()), now
            shares.append(sum(sides == ["edge"] for sides in now.values()))
    assert load.failures == []
    assert shares[0] == shares[3] == 0
    assert 0 < shares[1] < PEOPLE * 0.35
    assert shares[2] == PEOPLE
    assert {tuple(sides) for sides in load.sides().values()} == {("api", "edge", "api")} or all(
        # The first requests may have come before the first switch was read.
        sides[-3:] == ["api", "edge", "api"] and len(sides) <= 4
        for sides in load.sides().values()
    )


def test_a_switch_is_read_beside_requests_and_told_in_the_log(stack: Moving) -> None:
    with stack.switched(ROUTE, rollout=0), stack.client("ada") as client:
        answer = until(
            lambda: answer if (answer := client.get(stack.path)).headers["x-served-by"] == "api" else None,
            "the switch takes effect",
            EFFECTIVE_SECONDS,
        )
        line = stack.worker.logged(answer.headers["x-request-id"])
    assert (line["servedBy"], line["placing"]["side"]) == ("api", "server")  # type: ignore[index]
    assert 0 <= line["placing"]["switchesAgeMs"] <= EFFECTIVE_SECONDS * 1000  # type: ignore[index]
    until(lambda: served_by(stack) == "edge" or None, "what is declared holds again")


def test_a_switch_that_makes_no_sense_changes_nothing(stack: Moving) -> None:
    stack.command("HSET", "shoreline:switches", ROUTE, '{"rollout":"none"}')
    try:
        ignored = {"event": "switches", "ignored": [ROUTE]}
        until(
            lambda: (
                served_by(stack) == "edge"
                and next((line for line in stack.worker.lines() if ignored.items() <= line.items()), None)
            ),
            "the switch is ignored",
        )
    finally:
        stack.command("HDEL", "shoreline:switches", ROUTE)


# Ways that break

BROKEN = [
    pytest.param("hangs", id="hangs"),
    pytest.param("drops", id="drops", marks=pytest.mark.chaos),
    pytest.param(Answer(502, b"no database"), id="bad gateway", marks=pytest.mark.chaos),
    pytest.param(Answer(200, b"<html>"), id="nonsense", marks=pytest.mark.chaos),
]


@pytest.mark.parametrize("trouble", BROKEN)
def test_reads_answer_from_the_server_where_the_edges_way_is_cut(stack: Moving, trouble: Trouble) -> None:
    """No read fails; while it is cut, only probes are sent that way; it comes back by itself."""
    load = Load(stack, new_people(12))
    with load.running():
        wait_for(load, 0)
        with stack.edge_way.trouble(trouble):
            wait_for(load, 3)
            with stack.edge_way.counted() as passed:
                since = wait_for(load, 1)
                sent = list(passed)
            during = load.sides(since)
        until(
            lambda: (
                {tuple(sides) for sides in load.sides(time.monotonic() - 0.5).values()} == {("edge",)} or None
            ),
            "all are answered by the edge again",
        )
    assert load.failures == []
    assert {sides[0] for sides in during.values()} == {"api"}
    assert all(b"select 1" in each.body for each in sent)


def test_a_write_that_may_have_happened_is_repeated_only_with_its_key(
    stack: Moving, problem: ProblemCheck
) -> None:
    path = f"/api/workspaces/{stack.workspace}/notes"
    titles = {"keyed": f"keyed {uuid.uuid4()}", "alone": f"alone {uuid.uuid4()}"}
    with stack.client("ada") as client, stack.edge_way.trouble("drops"):
        alone = client.post(path, json={"title": titles["alone"], "body": ""})
        keyed = client.post(
            path, json={"title": titles["keyed"], "body": ""}, headers={"idempotency-key": str(uuid.uuid4())}
        )
    problem(alone, 503)
    assert "retry-after" in alone.headers
    assert (keyed.status_code, keyed.headers["x-served-by"]) == (201, "api")
    count = "select count(*) from notes where title = :title"
    assert stack.database.execute(count, {"title": titles["keyed"]}) == [["1"]]
    assert stack.database.execute(count, {"title": titles["alone"]}) == [["0"]]
    until(lambda: served_by(stack) == "edge" or None, "the edge answers again")


def test_the_database_down_altogether_loses_no_acknowledged_write(stack: Moving) -> None:
    """Writers go on with their keys until they are acknowledged; each of their notes is there once."""
    path = f"/api/workspaces/{stack.workspace}/notes"
    mark = f"mark {uuid.uuid4()}"

    def write(number: int) -> set[int]:
        statuses = set()
        with stack.client(f"writer-{number}") as client:
            for each in range(5):
                body = {"title": f"{mark} {number} {each}", "body": ""}
                headers = {"idempotency-key": f"{mark} {number} {each}".replace(" ", "-")}
                end = time.monotonic() + 60
                while (answer := client.post(path, json=body, headers=headers)).status_code != 201:
                    assert time.monotonic() < end
                    assert answer.status_code == 503, answer.text
                    assert answer.headers["retry-after"] == "5"
                    statuses.add(answer.status_code)
                statuses.add(answer.status_code)
        return statuses

    with ThreadPoolExecutor(4) as pool:
        with stack.edge_way.trouble("drops"), stack.server_way.trouble("drops"):
            writers = [pool.submit(write, number) for number in range(4)]
            with stack.client("ada") as client:
                refused = client.get(stack.path)
            assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
            time.sleep(1)
        statuses = set().union(*(writer.result() for writer in writers))
    assert statuses == {201, 503}
    count = "select count(*), count(distinct title) from notes where title like :mark"
    assert stack.database.execute(count, {"mark": f"{mark}%"}) == [["20", "20"]]
    until(lambda: served_by(stack) == "edge" or None, "the edge answers again")


# Shadows


@pytest.fixture
def shadowed(stack: Moving) -> Iterator[Moving]:
    """Every read of a note is answered by the server as well; nothing was found yet."""
    stack.command("DEL", "shoreline:shadow:counts", f"shoreline:shadow:samples:{ROUTE}")
    with stack.switched(ROUTE, shadow=100):
        with stack.server.counted() as passed:
            until(lambda: (served_by(stack) == "edge" and passed) or None, "the shadow is on")
        until(lambda: stack.counts().get(f"{ROUTE} same"), "it is written down")
        stack.command("DEL", "shoreline:shadow:counts", f"shoreline:shadow:samples:{ROUTE}")
        yield stack


TROUBLES: list[tuple[Trouble, str]] = [
    ("hangs", "late"),
    ("drops", "failed"),
    ("stalls", "failed"),
    (Answer(200, b"<html>"), "failed"),
    (Answer(500, b'{"status":500}', {"x-served-by": "api"}), "different"),
    (Answer(200, b'{"title":"Eve"}', {"x-served-by": "api"}), "different"),
]


@pytest.mark.parametrize(("trouble", "outcome"), TROUBLES)
def test_whatever_a_shadow_does_the_reply_is_the_same(
    shadowed: Moving, trouble: Trouble, outcome: str
) -> None:
    with shadowed.client("ada") as client:
        before = client.get(shadowed.path)
        with shadowed.server.trouble(trouble):
            # A reply that waited for a hanging shadow would not come before the trouble ends.
            during = client.get(shadowed.path)
            until(lambda: shadowed.counts().get(f"{ROUTE} {outcome}"), f"it is {outcome}")
    assert (during.status_code, during.content) == (200, before.content)
    kept = ("etag", "content-type", "cache-control", "x-served-by")
    assert [during.headers[name] for name in kept] == [before.headers[name] for name in kept]


def test_a_difference_is_kept_by_its_place_and_without_values(shadowed: Moving) -> None:
    with shadowed.client("ada") as client:
        body = {**client.get(shadowed.path).json(), "title": "Secret"}
        wrong = Answer(
            200, httpx.Response(200, json=body).content, {"x-served-by": "api", "content-type": "text/x"}
        )
        with shadowed.server.trouble(wrong):
            asked = client.get(shadowed.path)
            [sample] = until(lambda: samples_of(shadowed, asked) or None, "a sample")
    assert sample["served"] == "edge"
    found = {each["path"]: (each["served"], each["other"]) for each in sample["differences"]}
    assert found["body/title"] == ("text of 13", "text of 6")
    assert found["header/content-type"] == ("text of 16", "text of 6")
    assert "Secret" not in str(sample) and "diary" not in str(sample)


def samples_of(stack: Moving, asked: httpx.Response) -> list[dict[str, Any]]:
    own = asked.headers["x-request-id"]
    return [sample for sample in stack.samples(ROUTE) if sample["request"] == own]


def test_nothing_is_written_twice(shadowed: Moving) -> None:
    path = f"/api/workspaces/{shadowed.workspace}/notes"
    with shadowed.switched("create_note", shadow=100), shadowed.client("ada") as client:
        until(lambda: shadowed.command("HGET", "shoreline:switches", "create_note"), "the switch is set")
        time.sleep(EFFECTIVE_SECONDS)
        with shadowed.server.counted() as passed:
            assert client.post(path, json={"title": "once", "body": ""}).status_code == 201
            assert client.head(shadowed.path).status_code == 200
            client.get(shadowed.path)
            until(lambda: [each for each in passed if each.method == "GET"] or None, "the read's shadow")
    assert {each.method for each in passed} == {"GET"}
