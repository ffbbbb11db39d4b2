"""`make switch` and `make shadow`: what they write to Redis and print, and what they refuse."""

import argparse
import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from infra.cli import engine, shadow, switch
from infra.cli.redis import Redis
from infra.errors import UserError
from infra.paths import SERVICES
from tests.support.upstash import local_upstash

ROUTE = "list_notes"


@pytest.fixture(scope="module")
def stack_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with local_upstash(tmp_path_factory.mktemp("redis")) as upstash:
        bound = upstash.redis(f"cache-{uuid.uuid4().hex[:8]}")
        yield Redis(f"http://127.0.0.1:{bound.port}", bound.host, bound.token)


@pytest.fixture
def redis(stack_redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Redis:
    """That of a stack whose outputs name it, empty."""
    stack_redis.run(["FLUSHALL"])
    monkeypatch.setattr(engine, "read", lambda *_: json.dumps({"redis": vars(stack_redis)}))
    return stack_redis


def given(module: Any, *words: str) -> None:
    parser = argparse.ArgumentParser()
    module.add_arguments(parser)
    module.run(parser.parse_args(words))


def held(redis: Redis) -> dict[str, Any]:
    [flat] = redis.run(["HGETALL", switch.KEY])
    return {name: json.loads(text) for name, text in zip(flat[::2], flat[1::2], strict=True)}


def test_a_switch_is_set_kept_in_part_and_cleared(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    given(switch, "--route=list_notes", "--rollout=0")
    first = held(redis)[ROUTE]
    assert first.pop("since").endswith("+00:00")
    assert first == {"rollout": 0}
    assert "rollout 0 %" in capsys.readouterr().out
    given(switch, "--route=list_notes", "--shadow=12.5")
    assert held(redis)[ROUTE].items() >= {"rollout": 0, "shadow": 12.5}.items()
    given(switch, "--route=list_notes", "--clear")
    assert held(redis) == {}


def test_switches_are_listed(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    given(switch)
    assert capsys.readouterr().out == "No route is switched, moving or shadowed.\n"
    redis.run(["HSET", switch.KEY, "gone", "{}", "list_notes", "no switch"])
    given(switch)
    said = capsys.readouterr().out
    assert "clear it with CLEAR=1" in said and "makes no sense" in said


@pytest.mark.parametrize(
    ("words", "where"),
    [
        (["--rollout=10"], "ROUTE"),
        (["--route=sign_in", "--rollout=10"], "ROUTE"),
        (["--route=nothing", "--rollout=10"], "ROUTE"),
        (["--route=list_notes", "--rollout=ten"], "ROLLOUT"),
        (["--route=list_notes", "--rollout=101"], "ROLLOUT"),
        (["--route=list_notes", "--rollout=nan"], "ROLLOUT"),
        (["--route=list_notes", "--shadow=-1"], "SHADOW"),
        (["--route=create_note", "--shadow=50"], "SHADOW"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_changed(
    redis: Redis, words: list[str], where: str
) -> None:
    with pytest.raises(UserError) as refusal:
        given(switch, *words)
    assert refusal.value.where == where
    assert held(redis) == {}


def test_a_redis_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"redis": {"url": "http://127.0.0.1:1", "host": "x", "token": "secret"}}
    monkeypatch.setattr(engine, "read", lambda *_: json.dumps(gone))
    with pytest.raises(UserError, match="doesn't answer") as refusal:
        given(switch, "--route=list_notes", "--rollout=0")
    assert "secret" not in str(refusal.value)


def test_a_stack_that_is_not_up_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "read", lambda *_: "{}")
    with pytest.raises(UserError, match="Run `make up`"):
        given(shadow)


def test_what_shadows_found_is_shown_and_forgotten(redis: Redis, capsys: pytest.CaptureFixture[str]) -> None:
    difference = {"path": "body/title", "served": "text of 3", "other": "null"}
    sample = {"at": 1_790_000_000_000, "request": "request-1", "served": "edge", "differences": [difference]}
    redis.run(
        ["HINCRBY", shadow.COUNTS, f"{ROUTE} same", 41],
        ["HINCRBY", shadow.COUNTS, f"{ROUTE} different", 1],
        ["LPUSH", f"{shadow.SAMPLES}{ROUTE}", json.dumps(sample), "no sample"],
    )
    given(shadow, f"--route={ROUTE}")
    said = capsys.readouterr().out
    assert all(word in said for word in ("41", "request-1", "body/title", "text of 3"))
    given(shadow, "--clear")
    assert redis.run(["DBSIZE"]) == [0]
    given(shadow)
    assert "No shadow has found anything yet." in capsys.readouterr().out


def test_the_worker_reads_what_is_written_here() -> None:
    """The keys' names stand in both."""
    worker = "".join(path.read_text() for path in (SERVICES / "edge" / "src" / "move").glob("*.ts"))
    for name in (switch.KEY, shadow.COUNTS, shadow.SAMPLES):
        assert name in worker
