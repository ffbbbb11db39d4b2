"""The REST protocol of a database: by plain HTTP, and by Upstash's own client."""

import base64
import json
import threading
from collections.abc import Iterator

import httpx
import pytest
from upstash_redis import Redis
from upstash_redis.errors import UpstashError

from tests.support.upstash import Database, UpstashCloud

SEE = "See https://upstash.com/docs/redis/overall/rediscompatibility for details"


@pytest.fixture
def official(database: Database) -> Iterator[Redis]:
    """Upstash's Python client; only the address to connect to is not the endpoint's."""
    with Redis(database.rest, database.wire["rest_token"], allow_telemetry=False, rest_retries=0) as client:
        client._headers["Host"] = database.wire["endpoint"]
        yield client


def test_upstashs_own_client_reads_and_writes(official: Redis) -> None:
    assert official.set("greeting", "hello ✓", ex=60)
    assert official.get("greeting") == "hello ✓"
    assert 0 < official.ttl("greeting") <= 60
    assert official.hset("hash", values={"a": "1", "b": "2"}) == 2
    assert official.hgetall("hash") == {"a": "1", "b": "2"}
    assert official.zadd("scores", {"x": 1.5, "y": 2}) == 2
    assert official.zrange("scores", 0, -1, withscores=True) == [("x", 1.5), ("y", 2.0)]
    assert official.eval("return {KEYS[1], ARGV[1]}", ["k"], ["v"]) == ["k", "v"]
    assert official.xadd("stream", "*", {"field": "value"})
    assert official.get("absent") is None


def test_upstashs_own_client_pipelines_and_transacts(official: Redis) -> None:
    pipeline = official.pipeline()
    pipeline.set("a", "1")
    pipeline.incr("a")
    pipeline.get("a")
    assert pipeline.exec() == [True, 2, "2"]
    transaction = official.multi()
    transaction.incr("a")
    transaction.incr("a")
    assert transaction.exec() == [3, 4]


def test_upstashs_own_client_sees_errors(official: Redis) -> None:
    official.set("text", "no number")
    with pytest.raises(UpstashError, match="ERR value is not an integer or out of range"):
        official.incr("text")
    with pytest.raises(UpstashError, match="ERR Command is not available: 'BLPOP'"):
        official.execute(["BLPOP", "list", 1])


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_command_is_the_path(http: httpx.Client, method: str) -> None:
    assert http.request(method, "/set/foo/bar/EX/100").json() == {"result": "OK"}
    assert http.request(method, "/get/foo").json() == {"result": "bar"}
    assert http.request(method, "/mget/foo/absent").json() == {"result": ["bar", None]}
    assert http.request(method, "/strlen/foo").json() == {"result": 3}


def test_the_paths_parts_are_percent_decoded(shared_http: httpx.Client) -> None:
    shared_http.get("/set/a%2Fb/%C3%A9%20%3F")
    assert shared_http.post("/", json=["GET", "a/b"]).json() == {"result": "é ?"}


def test_a_body_is_the_last_argument_and_the_query_follows_it(http: httpx.Client) -> None:
    assert http.post("/set/foo?EX=100&NX", content=b'{"json": true}').json() == {"result": "OK"}
    assert http.get("/get/foo").json() == {"result": '{"json": true}'}
    assert 0 < http.get("/ttl/foo").json()["result"] <= 100
    assert http.post("/set/foo?EX=100&NX", content=b"other").json() == {"result": None}


def test_a_command_as_json_keeps_its_numbers_as_written(shared_http: httpx.Client) -> None:
    for written in ("1.50", "100000000000000000000", "-0"):
        shared_http.post("/", content=f'["SET", "n", {written}]')
        assert shared_http.get("/get/n").json() == {"result": written}


def test_strings_come_as_utf8_or_in_base64_but_for_ok(http: httpx.Client) -> None:
    http.post("/set/binary", content=b"\xff\x00a")
    in_base64 = {"upstash-encoding": "base64"}
    assert http.get("/get/binary").json() == {"result": "\ufffd\0a"}
    assert base64.b64decode(http.get("/get/binary", headers=in_base64).json()["result"]) == b"\xff\x00a"
    assert http.get("/set/a/b", headers=in_base64).json() == {"result": "OK"}
    assert http.get("/mget/a/none", headers=in_base64).json() == {"result": ["Yg==", None]}
    rows = http.post("/pipeline", json=[["GET", "a"], ["INCR", "n"]], headers=in_base64).json()
    assert rows == [{"result": "Yg=="}, {"result": 1}]


def test_a_pipeline_has_an_outcome_for_each_command(http: httpx.Client) -> None:
    commands = [["SET", "k", "text"], ["INCR", "k"], ["WATCH", "k"], ["CONFIG", "GET", "*"], ["GET", "k"]]
    answer = http.post("/pipeline", json=commands)
    assert answer.status_code == 200
    assert answer.json() == [
        {"result": "OK"},
        {"error": "ERR value is not an integer or out of range"},
        {"error": f"ERR Command is not available: 'WATCH'. {SEE}"},
        {"error": "ERR the local Upstash does not implement 'CONFIG'"},
        {"result": "text"},
    ]


def test_a_transaction_is_all_or_nothing_when_a_command_cannot_be_queued(http: httpx.Client) -> None:
    done = http.post("/multi-exec", json=[["SET", "k", "1"], ["INCR", "k"], ["LPUSH", "k", "x"]])
    assert done.json()[:2] == [{"result": "OK"}, {"result": 2}]
    assert done.json()[2]["error"].startswith("WRONGTYPE ")
    for bad in (["INCR"], ["BLPOP", "l", 0], ["MULTI"], ["JSON.SET", "k", "$", "1"]):
        refused = http.post("/multi-exec", json=[["SET", "k", "changed"], bad])
        assert refused.status_code in (400, 501)
        assert set(refused.json()) == {"error"}
    assert http.get("/get/k").json() == {"result": "2"}


def test_a_transaction_is_atomic(database: Database) -> None:
    pairs = [["INCR", "x"], ["INCR", "y"]]

    def write() -> None:
        with database.http() as client:
            for _ in range(100):
                client.post("/multi-exec", json=pairs)

    writers = [threading.Thread(target=write) for _ in range(2)]
    for writer in writers:
        writer.start()
    seen = [database.run("MGET", "x", "y") for _ in range(50)]
    for writer in writers:
        writer.join()
    assert all(x == y for x, y in seen)
    assert database.run("MGET", "x", "y") == ["200", "200"]


def test_a_full_database_refuses_writes_and_takes_deletions(database: Database, cloud: UpstashCloud) -> None:
    chunk = "x" * (9 * 1024 * 1024)
    with database.http() as client:
        answers = [client.post(f"/set/{number}", content=chunk) for number in range(30)]
        assert answers[-1].status_code == 400
        assert answers[-1].json() == {"error": "ERR DB capacity quota exceeded"}
        assert client.get("/strlen/0").json() == {"result": len(chunk)}
        cloud.upstash("POST", f"/enable-eviction/{database.id}").raise_for_status()
        assert client.post("/set/more", content=chunk).json() == {"result": "OK"}
        assert client.get("/dbsize").json()["result"] < 30
        assert client.get("/flushall").json() == {"result": "OK"}


def test_messages_come_as_server_sent_events(database: Database) -> None:
    headers = {"accept": "text/event-stream"}
    with database.http() as client, client.stream("POST", "/subscribe/chat", headers=headers) as events:
        assert events.headers["content-type"].startswith("text/event-stream")
        lines = (line for line in events.iter_lines() if line)
        assert next(lines) == "data: subscribe,chat,1"
        assert database.run("PUBLISH", "chat", "hello, there") == 1
        assert next(lines) == "data: message,chat,hello, there"
    with database.http() as client, client.stream("GET", "/psubscribe/c*") as events:
        lines = (line for line in events.iter_lines() if line)
        assert next(lines) == "data: psubscribe,c*,1"
        database.run("PUBLISH", "chat", "x")
        assert next(lines) == "data: pmessage,c*,chat,x"
    with database.http("read_only_rest_token") as client:
        assert client.get("/subscribe/chat").status_code == 400


def test_a_subscription_ends_with_its_client(database: Database) -> None:
    with database.http() as client, client.stream("GET", "/subscribe/chat") as events:
        next(events.iter_lines())
    clients = database.tcp()
    for _ in range(500):
        if clients.pubsub_numsub("chat") == [(b"chat", 0)]:
            break
    assert clients.pubsub_numsub("chat") == [(b"chat", 0)]


def test_monitoring_shows_the_commands(database: Database) -> None:
    with database.http() as client, client.stream("POST", "/monitor") as events:
        lines = (line for line in events.iter_lines() if line)
        assert next(lines) == 'data: "OK"'
        database.run("SET", "k", "v")
        shown = next(line for line in lines if '"SET"' in line)
        assert shown.endswith('"SET" "k" "v"')


def test_json_answers_hold_any_text(database: Database) -> None:
    text = json.dumps({"line": "a\nb", "quote": '"', "emoji": "🏝"}, ensure_ascii=False)
    assert database.run("SET", "t", text) == "OK"
    assert database.run("GET", "t") == text
