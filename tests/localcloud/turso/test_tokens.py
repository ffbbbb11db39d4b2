"""What a token opens: its own database, within its access, until it ends or is rotated; and nothing else."""

import base64
import contextlib
import json
import socket
import sqlite3
from dataclasses import replace
from typing import Any

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from infra.localcloud.turso.model import Database
from infra.localcloud.turso.tokens import mint
from tests.support.cloud import Hrana, LocalCloud


@pytest.fixture(scope="module")
def hosts(cloud: LocalCloud) -> dict[str, str]:
    """Hostnames of two databases, `mine` and `theirs`; theirs holds a secret."""
    cloud.turso("POST", "/groups", json={"name": "tokens", "location": "aws-us-east-1"}).raise_for_status()
    found = {}
    for name in ("mine", "theirs"):
        created = cloud.turso("POST", "/databases", json={"name": name, "group": "tokens"})
        found[name] = created.json()["database"]["Hostname"]
    hrana = Hrana(cloud, found["theirs"], _token(cloud, "theirs"))
    hrana.results("create table secret (x)", "insert into secret values ('theirs')")
    return found


def _token(cloud: LocalCloud, name: str, **parameters: str) -> str:
    answer = cloud.turso("POST", f"/databases/{name}/auth/tokens", params=parameters)
    return str(answer.json()["jwt"])


def test_a_full_access_token_reads_and_writes_its_database(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    hrana = Hrana(cloud, hosts["mine"], _token(cloud, "mine"))
    hrana.results("create table if not exists t (x)", "insert into t values (1)")
    assert hrana.value("select count(*) from t") == "1"


def test_a_read_only_token_reads_but_does_not_write(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    hrana = Hrana(cloud, hosts["theirs"], _token(cloud, "theirs", authorization="read-only"))
    assert hrana.value("select x from secret") == "theirs"
    refused = hrana.execute("insert into secret values ('mine')")
    assert refused.status_code == 403 or refused.json()["results"][0]["type"] == "error"
    assert hrana.value("select count(*) from secret") == "1"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-namespace": "theirs-shoreline"},
        {"x-namespace-bin": base64.b64encode(b"theirs-shoreline").decode()},
        {"x-namespace-bin": base64.b64encode(b"theirs-shoreline").decode().rstrip("=")},
        {"x-forwarded-host": "theirs-shoreline.turso.localhost"},
    ],
)
@pytest.mark.parametrize("host", ["mine", "theirs"])
def test_a_token_opens_no_other_database_whatever_it_asks_for(
    cloud: LocalCloud, hosts: dict[str, str], host: str, headers: dict[str, str]
) -> None:
    answer = Hrana(cloud, hosts[host], _token(cloud, "mine")).execute("select x from secret", headers=headers)
    assert "theirs" not in answer.text
    if host == "theirs":
        assert answer.status_code in (400, 401)


def test_two_hosts_in_one_request_open_no_other_database(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    body = '{"requests":[{"type":"execute","stmt":{"sql":"select x from secret"}}]}'
    head = [
        "POST /v2/pipeline HTTP/1.1",
        f"Host: {hosts['mine']}",
        f"Host: {hosts['theirs']}",
        f"Authorization: Bearer {_token(cloud, 'mine')}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    ]
    address = cloud.endpoints.databases
    with socket.create_connection((address.host, address.port), timeout=10) as connection:
        connection.sendall("\r\n".join([*head, "", body]).encode())
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert b'"theirs"' not in answer


def test_forged_and_altered_tokens_are_refused(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    good = _token(cloud, "mine")
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    head, _, signature = good.split(".")
    altered = _segment({**claims, "id": "theirs-shoreline"})
    stranger = Ed25519PrivateKey.generate()
    forged = [
        jwt.encode(claims, stranger, algorithm="EdDSA"),
        jwt.encode(claims, "k" * 64, algorithm="HS256"),
        f"{_segment({'alg': 'none', 'typ': 'JWT'})}.{altered}.",
        f"{head}.{altered}.{signature}",
        "nonsense",
    ]
    for token in forged:
        assert Hrana(cloud, hosts["mine"], token).execute("select 1").status_code == 401
        assert Hrana(cloud, hosts["theirs"], token).execute("select 1").status_code == 401


def _segment(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def test_a_request_without_a_token_is_refused(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    hrana = Hrana(cloud, hosts["mine"], None)
    assert hrana.execute("select 1").status_code == 401
    for path in ("/dump", "/v1/export", "/"):
        answer = httpx.get(
            f"{cloud.endpoints.databases.url}{path}", headers={"host": hrana.hostname}, trust_env=False
        )
        assert answer.status_code in (401, 404), path


def test_an_expired_token_is_refused(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    """The server allows for a minute of clock difference: this one ended two minutes ago."""
    with contextlib.closing(sqlite3.connect(cloud.data / "turso" / "store.sqlite")) as store:
        rows = store.execute("select body from documents where kind = 'database' and key = 'mine'")
        database = Database.of(json.loads(rows.fetchone()[0]))
    living = Hrana(cloud, hosts["mine"], mint(database, "full-access", 60))
    assert living.execute("select 1").status_code == 200
    expired = replace(living, token=mint(database, "full-access", -120)).execute("select 1")
    assert expired.status_code == 401
    assert "expired" in expired.json()["error"]


def test_an_unknown_host_is_not_found(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    mine = Hrana(cloud, hosts["mine"], _token(cloud, "mine"))
    for hostname in ("absent-shoreline.turso.localhost", f"127.0.0.1:{cloud.endpoints.databases.port}"):
        assert replace(mine, hostname=hostname).execute("select 1").status_code == 404


def test_rotation_ends_every_token_of_the_database_only(cloud: LocalCloud, hosts: dict[str, str]) -> None:
    tokens = [_token(cloud, "mine", authorization=each) for each in ("full-access", "read-only")]
    mine = [Hrana(cloud, hosts["mine"], token) for token in tokens]
    theirs = Hrana(cloud, hosts["theirs"], _token(cloud, "theirs"))
    assert [each.execute("select 1").status_code for each in mine] == [200, 200]
    answer = cloud.turso("POST", "/databases/mine/auth/rotate")
    assert (answer.status_code, answer.content) == (200, b"")
    assert [each.execute("select 1").status_code for each in mine] == [401, 401]
    assert theirs.execute("select 1").status_code == 200
    assert Hrana(cloud, hosts["mine"], _token(cloud, "mine")).execute("select 1").status_code == 200


def test_rotation_of_a_group_ends_the_tokens_of_all_its_databases(
    cloud: LocalCloud, hosts: dict[str, str]
) -> None:
    before = [Hrana(cloud, hosts[name], _token(cloud, name)) for name in hosts]
    cloud.turso("POST", "/groups/tokens/auth/rotate").raise_for_status()
    assert [each.execute("select 1").status_code for each in before] == [401, 401]
