"""Whom REST lets in, and what it refuses: tokens, commands that it lacks, mistaken requests, sizes."""

import httpx
import pytest

from infra.vendors.upstash_limits import MAX_REQUEST_BYTES
from tests.support.upstash import Database, UpstashCloud

SEE = "See https://upstash.com/docs/redis/overall/rediscompatibility for details"


def test_a_token_may_come_in_the_query(database: Database) -> None:
    with database.http(None) as client:
        answer = client.get("/set/foo/bar", params={"_token": database.wire["rest_token"]})
        assert answer.json() == {"result": "OK"}
        assert client.get("/get/foo", params={"_token": "wrong"}).status_code == 401
    assert database.run("GET", "foo") == "bar"


@pytest.mark.parametrize("token", [None, "wrong", "password"])
def test_a_missing_or_wrong_token_is_refused(shared: Database, token: str | None) -> None:
    with shared.http(token) as client:
        answer = client.get("/get/foo")
    assert answer.status_code == 401
    assert answer.json() == {"error": "WRONGPASS invalid or missing auth token"}


def test_a_token_opens_its_own_database_only(cloud: UpstashCloud, database: Database) -> None:
    other = cloud.create("the-other")
    with database.http(other.wire["rest_token"]) as client:
        assert client.get("/ping").status_code == 401
    with database.http(host=other.wire["endpoint"]) as client:
        assert client.get("/ping").status_code == 401
    for host in ("nobody-123456.upstash.localhost", "127.0.0.1"):
        with database.http(host=host) as client:
            assert client.get("/ping").status_code == 404


def test_the_read_only_token_reads(database: Database) -> None:
    database.run("SET", "foo", "bar")
    database.run("HSET", "hash", "a", 1)
    with database.http("read_only_rest_token") as client:
        assert client.get("/get/foo").json() == {"result": "bar"}
        assert client.get("/hgetall/hash").json() == {"result": ["a", "1"]}
        rows = client.post("/pipeline", json=[["GET", "foo"], ["DEL", "foo"]]).json()
    assert rows[0] == {"result": "bar"}
    assert rows[1] == {"error": "NOPERM this user has no permissions to run the 'del' command"}


@pytest.mark.parametrize(
    "command",
    [
        ["SET", "foo", "x"],
        ["EVAL", "return redis.call('set', 'foo', 'x')", 0],
        ["EVAL_RO", "return redis.call('keys', '*')", 0],
        ["KEYS", "*"],
        ["SCAN", 0],
        ["FLUSHALL"],
        ["PUBLISH", "channel", "x"],
        ["FUNCTION", "LIST"],
        ["XREADGROUP", "GROUP", "g", "c", "STREAMS", "s", ">"],
        ["GETEX", "foo", "PERSIST"],
    ],
)
def test_the_read_only_token_does_nothing_else(shared: Database, command: list[str]) -> None:
    shared.run("SET", "foo", "bar")
    with shared.http("read_only_rest_token") as client:
        answer = client.post("/", json=command)
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("NOPERM this user has no permissions")
        assert client.post("/multi-exec", json=[command]).status_code == 400
    assert shared.run("GET", "foo") == "bar"


@pytest.mark.parametrize(
    "command",
    [
        "blpop/l/1",
        "brpop/l/1",
        "blmove/a/b/LEFT/RIGHT/1",
        "bzpopmin/z/1",
        "wait/1/0",
        "watch/k",
        "unwatch",
        "multi",
        "exec",
        "discard",
        "auth/x",
        "select/0",
        "client/list",
        "client/kill/x",
        "debug/sleep/1",
        "shutdown",
        "save",
        "replicaof/no/one",
        "module/list",
        "object/encoding/k",
        "lcs/a/b",
        "nonsense/x",
        "subscribe",
    ],
)
def test_a_command_that_rest_lacks_is_refused(shared_http: httpx.Client, command: str) -> None:
    answer = shared_http.get(f"/{command}")
    name = command.partition("/")[0].upper()
    assert answer.status_code == 400
    assert answer.json() == {"error": f"ERR Command is not available: '{name}'. {SEE}"}


@pytest.mark.parametrize(
    "command",
    [
        ["XREAD", "BLOCK", 0, "STREAMS", "s", "$"],
        ["xread", "count", 1, "block", 0, "streams", "s", "$"],
        ["XREADGROUP", "GROUP", "g", "c", "BLOCK", 0, "STREAMS", "s", ">"],
    ],
)
def test_blocking_stream_reads_are_refused(shared_http: httpx.Client, command: list[str]) -> None:
    answer = shared_http.post("/", json=command)
    assert answer.status_code == 400
    assert "is not available" in answer.json()["error"]
    assert shared_http.post("/", json=["XREAD", "STREAMS", "BLOCK", "0"]).json() == {"result": None}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "error"),
    [
        ("DELETE", "/get/foo", None, 405, "ERR method not allowed"),
        ("PATCH", "/", b"[]", 405, "ERR method not allowed"),
        ("GET", "/pipeline", None, 405, "ERR method not allowed"),
        ("GET", "/", None, 400, "ERR empty command"),
        ("POST", "/", b"[]", 400, "ERR empty command"),
        ("POST", "/", b"{}", 400, "ERR failed to parse the command"),
        ("POST", "/", b'["GET", ["x"]]', 400, "ERR failed to parse the command"),
        ("POST", "/", b'["GET", null]', 400, "ERR failed to parse the command"),
        ("POST", "/", b"nonsense", 400, "ERR failed to parse the request body as JSON"),
        ("POST", "/", b"\xff", 400, "ERR failed to parse the request body as JSON"),
        ("POST", "/", b"[" * 100_000, 400, "ERR failed to parse the request body as JSON"),
        ("POST", "/pipeline", b"[]", 400, "ERR failed to parse the commands"),
        ("POST", "/pipeline", b'["GET", "a"]', 400, "ERR failed to parse the command"),
        ("POST", "/multi-exec", b"[[]]", 400, "ERR empty command"),
        ("GET", "/get", None, 400, "ERR wrong number of arguments for 'get' command"),
        ("GET", "/json.get/k", None, 501, "ERR the local Upstash does not implement 'JSON.GET'"),
        ("GET", "/acl/list", None, 501, "ERR the local Upstash does not implement 'ACL'"),
    ],
)
def test_a_mistaken_request_is_refused(
    shared_http: httpx.Client, method: str, path: str, body: bytes | None, status: int, error: str
) -> None:
    answer = shared_http.request(method, path, content=body)
    assert (answer.status_code, answer.json()) == (status, {"error": error})
    assert shared_http.get("/ping").json() == {"result": "PONG"}


def test_another_response_format_is_refused_by_name(shared_http: httpx.Client) -> None:
    answers = [
        shared_http.get("/ping", headers={"upstash-response-format": shape}) for shape in ("resp2", "xml")
    ]
    assert [answer.status_code for answer in answers] == [501, 400]


def test_a_request_that_is_too_big_is_refused(http: httpx.Client) -> None:
    assert http.post("/set/big", content=b"x" * MAX_REQUEST_BYTES).json() == {"result": "OK"}
    for path, body in (("/set/big", b"x" * (MAX_REQUEST_BYTES + 1)), ("/", b'"' * (MAX_REQUEST_BYTES + 1))):
        answer = http.post(path, content=body)
        assert (answer.status_code, answer.json()) == (400, {"error": "ERR max request size exceeded"})
