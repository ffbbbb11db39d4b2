"""How often somebody may ask: counted in Redis, over the local Upstash's REST protocol."""

import itertools
import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.gate import Answer, Gate, Trouble
from tests.support.manifest import altered
from tests.support.process import until
from tests.support.services import Keys
from tests.support.sqld import Sqld
from tests.support.workerd import Edge, Redis, Servers, build, edge
from tests.unit.edge.conftest import ProblemCheck, cookie

LIMIT = 5
READ, SINGLE, WRITE = "/api/notes", "/api/notes/01a0c450-73d0-7000-8a08-9200102c18d4", "/api/notes"
NOTE = {"title": "x", "body": ""}
numbers = itertools.count(1)


def limited(routes: dict[str, Any]) -> None:
    def limit(name: str, per: str, count: int = LIMIT, when_down: str = "allow") -> dict[str, Any]:
        return {"name": name, "per": per, "limit": count, "seconds": 60, "whenDown": when_down}

    routes["list_open_notes"]["rateLimits"] = [limit("lists", "address")]
    routes["read_open_note"]["rateLimits"] = [limit("reads", "address", 10_000, "refuse")]
    routes["create_open_note"]["rateLimits"] = [limit("writes", "user"), limit("flood", "address", 8)]


@pytest.fixture(scope="module")
def redis_gate(redis: Redis) -> Iterator[Gate]:
    with Gate(redis.port).opened() as gate:
        yield gate


@pytest.fixture(scope="module")
def limiting(
    gate: Gate,
    database: Sqld,
    keys: Keys,
    redis: Redis,
    redis_gate: Gate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Edge]:
    folder = tmp_path_factory.mktemp("limiting")
    manifest, placement = altered(folder, limited)
    with edge(
        build(folder / "out", manifest=manifest, placement=placement),
        folder,
        database_port=gate.port,
        token=database.token,
        servers=Servers([], keys),
        redis=Redis(redis_gate.port, redis.host, redis.token),
    ) as running:
        yield running


@pytest.fixture
def address() -> dict[str, str]:
    """Of somebody who was never here."""
    number = next(numbers)
    return {"cf-connecting-ip": f"203.0.{number // 256}.{number % 256}"}


@pytest.fixture
def site(limiting: Edge) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=limiting.url, timeout=20, trust_env=False) as client:
        yield client
        pause_is_over(client)


def pause_is_over(client: httpx.Client) -> None:
    """A Redis that failed is left alone for a second: waits until it counts again."""
    until(lambda: client.get(SINGLE).status_code == 404 or None, "Redis is asked again")


def test_above_the_limit_a_caller_is_told_to_wait(
    site: httpx.Client, problem: ProblemCheck, address: dict[str, str]
) -> None:
    assert [site.get(READ, headers=address).status_code for _ in range(LIMIT)] == [200] * LIMIT
    refused = site.get(READ, headers=address)
    seconds = int(refused.headers["retry-after"])
    assert 0 < seconds <= 120
    assert problem(refused, 429)["detail"] == f"Too many requests. Try again in {seconds} s."
    assert site.get(READ, headers={"cf-connecting-ip": "192.0.2.7"}).status_code == 200


def test_a_count_is_one_trip_and_who_has_to_wait_is_remembered(
    site: httpx.Client, redis_gate: Gate, gate: Gate, address: dict[str, str]
) -> None:
    with redis_gate.counted() as asked:
        for _ in range(LIMIT + 1):
            site.get(READ, headers=address)
    assert len(asked) == LIMIT + 1
    command = json.loads(asked[0].body)
    assert (command[0], command[2], command[3]) == (
        "EVAL",
        "1",
        f"limit:lists:address:{address['cf-connecting-ip']}",
    )
    with redis_gate.counted() as asked, gate.counted() as passed:
        assert site.get(READ, headers=address).status_code == 429
    assert asked == passed == []


def test_an_ipv6_address_counts_with_its_network(site: httpx.Client) -> None:
    number = next(numbers)
    same = [f"2001:db8:0:{number:x}::{host:x}" for host in range(1, LIMIT)]
    same.append(f"2001:0DB8:0000:{number:04x}:ffff:ffff:ffff:ffff")
    for each in same:
        assert site.get(READ, headers={"cf-connecting-ip": each}).status_code == 200
    assert site.get(READ, headers={"cf-connecting-ip": f"2001:db8:0:{number:x}::f"}).status_code == 429
    assert site.get(READ, headers={"cf-connecting-ip": f"2001:db8:0:{number:x}0::f"}).status_code == 200


def test_a_write_over_one_of_its_limits_is_not_done(
    site: httpx.Client, keys: Keys, database: Sqld, redis_gate: Gate, address: dict[str, str]
) -> None:
    def write(user: str) -> int:
        headers = {**address, **cookie(keys, user=user)}
        return site.post(WRITE, json={**NOTE, "title": user}, headers=headers).status_code

    first, second = f"user-{next(numbers)}", f"user-{next(numbers)}"
    with redis_gate.counted() as asked:
        assert [write(first) for _ in range(LIMIT + 1)] == [201] * LIMIT + [429]
    assert len(asked) == LIMIT + 1
    # What was refused for the person did not count for the address, whose limit is the next.
    assert [write(second) for _ in range(4)] == [201] * 3 + [429]
    written = "select count(*) from notes where title in (:first, :second)"
    assert database.execute(written, {"first": first, "second": second}) == [["8"]]


def test_who_is_refused_is_not_told_what_is_wrong_with_the_rest(
    site: httpx.Client, problem: ProblemCheck, address: dict[str, str]
) -> None:
    for _ in range(LIMIT):
        problem(site.get(f"{READ}?limit=0", headers=address), 400)
    problem(site.get(f"{READ}?limit=0", headers=address), 429)


@pytest.mark.parametrize(
    "trouble",
    [
        "drops",
        "hangs",
        Answer(500, b"broken"),
        Answer(401, b"{}"),
        Answer(200, b"<html>"),
        Answer(200, b"{}"),
    ],
)
def test_without_redis_each_limit_does_as_declared(
    site: httpx.Client,
    keys: Keys,
    redis_gate: Gate,
    problem: ProblemCheck,
    address: dict[str, str],
    trouble: Trouble,
) -> None:
    headers = {**address, **cookie(keys, user=f"user-{next(numbers)}")}
    started = time.monotonic()
    with redis_gate.trouble(trouble):
        assert site.get(READ, headers=headers).status_code == 200
        assert site.post(WRITE, json=NOTE, headers=headers).status_code == 201
        assert time.monotonic() - started < 1.5
        refused = site.get(SINGLE, headers=headers)
        assert time.monotonic() - started < 4
    assert problem(refused, 503)["detail"] == "Requests can't be counted right now. Try again shortly."
    assert refused.headers["retry-after"] == "5"
    pause_is_over(site)
    assert site.get(SINGLE, headers=headers).status_code == 404


def test_a_late_redis_is_waited_for_where_nothing_can_be_done_without(
    site: httpx.Client, redis_gate: Gate, address: dict[str, str]
) -> None:
    with redis_gate.trouble("late"):
        assert site.get(READ, headers=address).status_code == 200
        assert site.get(SINGLE, headers=address).status_code == 404


def test_the_token_is_told_to_redis_only(
    site: httpx.Client, limiting: Edge, redis: Redis, keys: Keys
) -> None:
    answer = site.get(READ)
    log = limiting.log.read_text("utf-8")
    assert redis.token not in log + answer.text + str(answer.headers)
