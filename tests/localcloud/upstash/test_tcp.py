"""The TCP endpoint of a database through redis-py: what Upstash has works, what it lacks is refused."""

import threading

import pytest
import redis

from infra.localcloud.upstash.commands import LACKING, TCP, rest_refusal
from infra.vendors.upstash_limits import MAX_REQUEST_BYTES
from tests.support.upstash import Database

LIBRARY = """#!lua name=lib
redis.register_function('twice', function(keys, args) return redis.call('INCRBY', keys[1], 2 * args[1]) end)
"""


@pytest.mark.parametrize("password", [None, "", "wrong"])
def test_only_the_password_opens_it(shared: Database, password: str | None) -> None:
    with pytest.raises(redis.AuthenticationError):
        shared.tcp(password=password).ping()
    assert shared.tcp().ping()
    assert shared.tcp(username="default", protocol=3).ping()


def test_rest_and_tcp_are_the_same_data(database: Database) -> None:
    database.tcp().set("by", "tcp")
    assert database.run("GET", "by") == "tcp"
    database.run("SET", "by", "rest")
    assert database.tcp().get("by") == b"rest"


def test_blocking_reads_watch_and_pubsub_work(database: Database) -> None:
    client = database.tcp()
    threading.Timer(0.05, lambda: database.run("LPUSH", "list", "item")).start()
    assert client.blpop(["list"], timeout=10) == (b"list", b"item")
    client.xgroup_create("stream", "group", mkstream=True)
    threading.Timer(0.05, lambda: database.run("XADD", "stream", "*", "f", "v")).start()
    assert client.xreadgroup("group", "me", {"stream": ">"}, block=10_000)
    with client.pipeline() as pipeline:
        pipeline.watch("watched")
        database.run("SET", "watched", "elsewhere")
        pipeline.multi()
        pipeline.set("watched", "here")
        with pytest.raises(redis.WatchError):
            pipeline.execute()
    messages = client.pubsub()
    messages.subscribe("channel")
    assert messages.get_message(timeout=5)
    assert database.run("PUBLISH", "channel", "hello") == 1
    message = messages.get_message(timeout=5)
    assert message is not None and message["data"] == b"hello"
    messages.close()


def test_scripts_and_functions_work(database: Database) -> None:
    client = database.tcp()
    script = client.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
    assert script(["n"], [5]) == 5
    assert client.function_load(LIBRARY) == b"lib"
    assert client.fcall("twice", 1, "n", "4") == 13
    assert client.fcall("twice", 1, "n", "1") == 15


@pytest.mark.parametrize(
    "command",
    [
        "CONFIG GET *",
        "CONFIG SET appendonly no",
        "CONFIG REWRITE",
        "SHUTDOWN NOSAVE",
        "DEBUG SLEEP 0",
        "SAVE",
        "BGSAVE",
        "BGREWRITEAOF",
        "LASTSAVE",
        "REPLICAOF no one",
        "SLAVEOF no one",
        "FAILOVER",
        "PSYNC ? -1",
        "CLUSTER INFO",
        "MODULE LIST",
        "MODULE LOAD /x.so",
        "ACL LIST",
        "ACL SETUSER x on",
        "CLIENT KILL TYPE normal",
        "CLIENT PAUSE 1",
        "SLOWLOG GET",
        "LATENCY DOCTOR",
        "MEMORY PURGE",
        "MIGRATE h 1 k 0 1",
        "OBJECT ENCODING k",
        "SORT l",
        "SWAPDB 0 1",
        "MOVE k 1",
        "SELECT 1",
        "FUNCTION DUMP",
        "SCRIPT DEBUG YES",
        "LOLWUT",
        "SSUBSCRIBE c",
    ],
)
def test_what_upstash_lacks_is_refused(shared: Database, command: str) -> None:
    client = shared.tcp()
    with pytest.raises(redis.ResponseError):
        client.execute_command(*command.split())
    with pytest.raises(redis.ResponseError):
        client.eval("return redis.call(unpack(ARGV))", 0, *command.split())
    assert client.ping()


def test_a_value_that_is_too_big_is_refused(database: Database) -> None:
    client = database.tcp()
    assert client.set("big", b"x" * MAX_REQUEST_BYTES)
    with pytest.raises(redis.RedisError):
        client.set("big", b"x" * (MAX_REQUEST_BYTES + 1))
    # The refused one's connection may be closed.
    assert database.tcp().strlen("big") == MAX_REQUEST_BYTES


def test_the_engine_knows_every_listed_command_and_none_that_is_said_to_lack(shared: Database) -> None:
    known = {name.upper() for name in shared.tcp(decode_responses=True).execute_command("COMMAND LIST")}
    assert known >= TCP
    assert not known & (LACKING - {"ACL", "CONFIG"})


@pytest.mark.parametrize(
    ("command", "status"),
    [
        (b"GET k", None),
        (b"get k", None),
        (b"SCRIPT LOAD x", None),
        (b"script flush", None),
        (b"SCRIPT DEBUG YES", 400),
        (b"SCRIPT", 400),
        (b"CLIENT ID", 400),
        (b"XINFO STREAM s", None),
        (b"JSON.SET k $ 1", 501),
        (b"ARGET k 0", 501),
        (b"\xff\xfe k", 400),
        (b"XREAD BLOCK 0 STREAMS s $", 400),
        (b"XREAD STREAMS BLOCK 0", None),
    ],
)
def test_rest_takes_what_it_has(command: bytes, status: int | None) -> None:
    refusal = rest_refusal(command.split())
    assert (refusal and refusal.status) == status
