"""What was acknowledged is there after a kill; what a kill left half done is mended at the next start."""

import asyncio
import shutil
import sqlite3
import threading

import httpx
import pytest

from infra.localcloud.accounts import TURSO
from infra.localcloud.turso import Turso
from tests.support.cloud import Hrana, LocalCloud
from tests.support.process import until

ROWS = 300


@pytest.fixture
def hrana(own_cloud: LocalCloud) -> Hrana:
    """A database with an empty table."""
    own_cloud.up()
    group = {"name": "default", "location": "aws-us-east-1"}
    own_cloud.turso("POST", "/groups", json=group).raise_for_status()
    opened = _create(own_cloud, "notes")
    opened.results("create table t (n integer primary key)")
    return opened


def _create(cloud: LocalCloud, name: str) -> Hrana:
    created = cloud.turso("POST", "/databases", json={"name": name, "group": "default"}).json()["database"]
    token = cloud.turso("POST", f"/databases/{name}/auth/tokens").json()["jwt"]
    return Hrana(cloud, created["Hostname"], token)


def test_acknowledged_writes_survive_a_kill_of_the_engine(hrana: Hrana) -> None:
    acknowledged: list[int] = []
    half = threading.Event()

    def write() -> None:
        for number in range(ROWS):
            try:
                answer = hrana.execute(f"insert into t values ({number})")  # noqa: S608 - a number of ours
            except httpx.TransportError:
                return
            if answer.status_code == 200 and answer.json()["results"][0]["type"] == "ok":
                acknowledged.append(number)
            if number == ROWS // 2:
                half.set()

    writer = threading.Thread(target=write)
    writer.start()
    assert half.wait(60)
    hrana.cloud.kill_child("libsql-server")
    writer.join()
    rows = hrana.results("select n from t order by n")[0]["rows"]
    assert len(acknowledged) > ROWS // 2
    assert set(acknowledged) <= {int(row[0]["value"]) for row in rows}


def test_data_and_tokens_survive_a_kill_of_the_daemon(hrana: Hrana) -> None:
    hrana.results("insert into t values (1), (2)")
    hrana.cloud.daemon().kill()
    until(lambda: not hrana.cloud.processes())
    hrana.cloud.up()
    assert hrana.value("select count(*) from t") == "2"


def test_a_rotation_survives_a_kill_of_the_engine(hrana: Hrana) -> None:
    hrana.cloud.turso("POST", "/databases/notes/auth/rotate").raise_for_status()
    hrana.cloud.kill_child("libsql-server")
    assert hrana.execute("select 1").status_code == 401


def test_a_declared_database_that_the_engine_lacks_is_made_at_start(hrana: Hrana) -> None:
    hrana.cloud.down()
    shutil.rmtree(hrana.cloud.data / "turso" / "libsql")
    hrana.cloud.up()
    assert hrana.value("select count(*) from sqlite_schema") == "0"


def test_a_namespace_that_nobody_declared_is_gone_after_a_start(hrana: Hrana) -> None:
    folder = hrana.cloud.data / "turso" / "libsql" / "dbs" / "notes-shoreline"
    hrana.cloud.down()
    assert folder.is_dir()
    with sqlite3.connect(hrana.cloud.data / "turso" / "store.sqlite") as store:
        store.execute("delete from documents where kind = 'database'")
    store.close()
    hrana.cloud.up()
    assert not folder.exists()
    assert hrana.execute("select 1").status_code == 404
    assert _create(hrana.cloud, "notes").value("select count(*) from sqlite_schema") == "0"


def test_a_repeated_creation_mends_a_database_that_the_engine_lacks(own_cloud: LocalCloud) -> None:
    """As after a kill between the store's and the engine's part, met before any restart."""

    async def scenario() -> None:
        own_cloud.data.mkdir()
        vendor = Turso(own_cloud.data, own_cloud.endpoints)
        await vendor.start()
        base = f"http://turso/v1/organizations/{TURSO.organization}"
        headers = {"authorization": f"Bearer {TURSO.token}"}
        transport = httpx.ASGITransport(vendor.app)
        async with httpx.AsyncClient(transport=transport, base_url=base, headers=headers) as client:
            await client.post("/groups", json={"name": "default", "location": "aws-us-east-1"})
            body = {"name": "notes", "group": "default"}
            created = (await client.post("/databases", json=body)).json()["database"]
            await vendor.engine.delete("notes-shoreline")
            token = (await client.post("/databases/notes/auth/tokens")).json()["jwt"]
            hrana = Hrana(own_cloud, created["Hostname"], token)
            assert (await asyncio.to_thread(hrana.execute, "select 1")).status_code == 404
            assert (await client.post("/databases", json=body)).status_code == 409
            assert (await asyncio.to_thread(hrana.execute, "select 1")).status_code == 200
        await vendor.stop()

    asyncio.run(scenario())
    shutil.rmtree(own_cloud.data)
