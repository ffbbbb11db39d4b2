"""What was acknowledged is there after a kill; what a kill left half done is mended at the next start."""

import contextlib
import socket
import sqlite3
import stat
import threading

import psutil
import pytest
import redis

from tests.support.process import until
from tests.support.upstash import Database, UpstashCloud

WRITES = 2_000


@pytest.fixture
def database(own_cloud: UpstashCloud) -> Database:
    own_cloud.up()
    return own_cloud.create("notes-cache", plan="fixed_250mb")


def test_acknowledged_writes_survive_a_kill_of_the_engine(
    own_cloud: UpstashCloud, database: Database
) -> None:
    acknowledged: list[int] = []
    half = threading.Event()

    def write() -> None:
        client = database.tcp()
        for number in range(WRITES):
            try:
                client.sadd("written", number)
            except redis.ConnectionError:
                return
            acknowledged.append(number)
            if number == WRITES // 2:
                half.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert half.wait(60)
    own_cloud.kill_child("valkey-notes-cache")
    writer.join()
    present = database.tcp().smembers("written")
    assert len(acknowledged) > WRITES // 2
    assert {b"%d" % number for number in acknowledged} <= present


def test_rest_waits_for_an_engine_that_is_being_restarted(
    own_cloud: UpstashCloud, database: Database
) -> None:
    database.run("SET", "k", "v")
    own_cloud.processes()["valkey-notes-cache"].kill()
    assert until(lambda: _answer(database) == "v")


def _answer(database: Database) -> object:
    """None while a connection of before the kill is found broken."""
    with database.http() as client:
        answer = client.get("/get/k")
    assert answer.status_code in (200, 503)
    return answer.json().get("result")


def test_data_functions_credentials_and_ports_survive_a_kill_of_everything(
    own_cloud: UpstashCloud, database: Database
) -> None:
    database.tcp().function_load("#!lua name=l\nredis.register_function('f', function() return 'still' end)")
    database.run("SET", "k", "v")
    for process in own_cloud.processes().values():
        with contextlib.suppress(psutil.NoSuchProcess):  # it may end with one killed before it
            process.kill()
    until(lambda: not own_cloud.processes())
    own_cloud.up()
    assert own_cloud.upstash("GET", f"/database/{database.id}").json() == database.wire
    assert database.run("GET", "k") == "v"
    assert database.run("FCALL", "f", 0) == "still"
    assert database.tcp().get("k") == b"v"


def test_settings_survive_a_restart(own_cloud: UpstashCloud, database: Database) -> None:
    own_cloud.upstash("POST", f"/enable-eviction/{database.id}").raise_for_status()
    own_cloud.upstash(
        "POST", f"/change-plan/{database.id}", json={"plan_name": "fixed_1gb"}
    ).raise_for_status()
    fresh = Database(own_cloud.upstash("POST", f"/reset-password/{database.id}").json(), database.rest)
    own_cloud.kill_child("valkey-notes-cache")
    _holds_the_settings(database, fresh)
    own_cloud.down()
    own_cloud.up()
    _holds_the_settings(database, fresh)


def _holds_the_settings(old: Database, fresh: Database) -> None:
    memory = fresh.tcp().info("memory")
    assert (memory["maxmemory"], memory["maxmemory_policy"]) == (1024**3, "allkeys-random")
    with pytest.raises(redis.AuthenticationError):
        old.tcp().ping()


def test_a_deleted_database_leaves_nothing(own_cloud: UpstashCloud, database: Database) -> None:
    folder = own_cloud.data / "upstash" / "databases" / database.id
    assert folder.is_dir()
    own_cloud.upstash("DELETE", f"/database/{database.id}").raise_for_status()
    assert not folder.exists()
    assert "valkey-notes-cache" not in own_cloud.processes()
    with pytest.raises(redis.ConnectionError):
        database.tcp().ping()
    with database.http() as client:
        assert client.get("/ping").status_code == 404
    again = own_cloud.create("notes-cache")
    assert again.run("DBSIZE") == 0
    assert again.id != database.id


def test_data_that_nobody_declared_is_gone_after_a_start(own_cloud: UpstashCloud, database: Database) -> None:
    own_cloud.down()
    with sqlite3.connect(own_cloud.data / "upstash" / "store.sqlite") as store:
        store.execute("delete from documents")
    store.close()
    own_cloud.up()
    assert not (own_cloud.data / "upstash" / "databases" / database.id).exists()


def test_a_port_that_is_taken_is_the_users_mistake(own_cloud: UpstashCloud, database: Database) -> None:
    own_cloud.down()
    squatter = socket.create_server(("127.0.0.1", database.wire["port"]))
    try:
        done = own_cloud.run("up")
    finally:
        squatter.close()
    assert done.returncode == 1
    assert f"port {database.wire['port']} of 127.0.0.1 cannot be had" in done.stderr
    assert "Traceback" not in done.stderr


def test_no_credential_is_in_a_log_a_command_line_or_an_open_file(
    own_cloud: UpstashCloud, database: Database
) -> None:
    planted = "planted-value-1234"
    with database.http(None) as client:
        client.get(f"/set/k/{planted}", params={"_token": database.wire["rest_token"]})
        client.get(f"/get/{planted}", headers={"authorization": "Bearer wrong-planted"})
    with pytest.raises(redis.AuthenticationError):
        database.tcp(password=planted).ping()
    fresh = own_cloud.upstash("POST", f"/reset-password/{database.id}").json()
    own_cloud.kill_child("valkey-notes-cache")
    credentials = ("password", "rest_token", "read_only_rest_token")
    secrets = {each[name] for each in (database.wire, fresh) for name in credentials}
    secrets |= {planted, "wrong-planted", "local-upstash-key-that-opens-only-loopback"}
    own = own_cloud.daemon()
    processes = [own, *own.children(recursive=True)]
    shown = "\n".join(" ".join(process.cmdline()) for process in processes)
    shown += "\n".join(str(_environment(process)) for process in processes)
    shown += "\n".join(log.read_text() for log in (own_cloud.data / "logs").iterdir())
    assert not [secret for secret in secrets if secret in shown]
    folder = own_cloud.data / "upstash" / "databases" / database.id
    for name in ("valkey.conf", "users.acl"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
        assert not [secret for secret in secrets if secret in (folder / name).read_text()]


def _environment(process: psutil.Process) -> dict[str, str]:
    return {name: value for name, value in process.environ().items() if not name.startswith("PYTEST")}
