"""Control planes answer to loopback names only, and no secret of theirs reaches a log."""

import subprocess

import httpx
import pytest

from infra.localcloud.accounts import CLOUDFLARE, TURSO
from infra.localcloud.redact import redact
from infra.localcloud.running import Running
from infra.paths import ROOT
from tests.support.cloud import Hrana, LocalCloud


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "[::1]"])
def test_loopback_names_are_answered(cloud: LocalCloud, host: str) -> None:
    assert _with_host(cloud, f"{host}:{cloud.endpoints.turso_api.port}").status_code == 200


@pytest.mark.parametrize(
    "host", ["rebound.example.com", "localhost.example.com", "127.0.0.1", "", "localhost:1"]
)
def test_a_foreign_host_is_refused_even_with_the_token(cloud: LocalCloud, host: str) -> None:
    answer = _with_host(cloud, host)
    assert answer.status_code == 421
    assert "organizations" not in answer.text


def _with_host(cloud: LocalCloud, host: str) -> httpx.Response:
    return cloud.turso("GET", "/groups", headers={"host": host})


def test_the_daemons_own_door_asks_for_its_token(cloud: LocalCloud) -> None:
    running = Running.find(cloud.data)
    assert running is not None
    assert httpx.get(f"{running.control.url}/status", trust_env=False).status_code == 401


def test_logs_hold_requests_but_no_secret(cloud: LocalCloud) -> None:
    cloud.turso("POST", "/groups", json={"name": "logged", "location": "aws-us-east-1"})
    created = cloud.turso("POST", "/databases", json={"name": "logged", "group": "logged"}).json()["database"]
    token = cloud.turso("POST", "/databases/logged/auth/tokens").json()["jwt"]
    Hrana(cloud, created["Hostname"], token).results("create table t (x)")
    Hrana(cloud, created["Hostname"], f"{token}x").execute("select 1")
    text = "".join(path.read_text() for path in (cloud.data / "logs").glob("*.log*"))
    assert "turso POST /v1/organizations/shoreline/databases/logged/auth/tokens 200" in text
    for secret in (token, token.split(".")[1], CLOUDFLARE.token, TURSO.token, "PRIVATE KEY"):
        assert secret not in text


def test_command_lines_hold_no_secret(cloud: LocalCloud) -> None:
    running = Running.find(cloud.data)
    assert running is not None
    commands = " ".join(argument for process in cloud.processes().values() for argument in process.cmdline())
    for secret in (running.token, CLOUDFLARE.token, TURSO.token):
        assert secret not in commands


def test_logs_are_shown_by_name(cloud: LocalCloud) -> None:
    cloud.turso("GET", "/groups").raise_for_status()
    shown = cloud.run("logs", "daemon")
    assert shown.returncode == 0
    assert all(line.startswith("daemon | ") for line in shown.stdout.splitlines())
    assert "turso GET /v1/organizations/shoreline/groups 200" in shown.stdout
    unknown = cloud.run("logs", "postgres")
    assert unknown.returncode == 1
    assert unknown.stderr.startswith("error: logs postgres: there is no such log. choose of these: ")


def test_followed_logs_show_new_lines_as_they_come(cloud: LocalCloud) -> None:
    with subprocess.Popen(
        cloud.argv("logs", "--follow", "daemon"), cwd=ROOT, stdout=subprocess.PIPE, text=True
    ) as shown:
        assert shown.stdout is not None
        shown.stdout.readline()
        cloud.turso("GET", "/groups/followed")
        assert any("/groups/followed 404" in line for line in shown.stdout)
        shown.terminate()


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        ("authorization: Bearer abc.def", "authorization: Bearer [redacted]"),
        ("Authorization: basic c2VjcmV0", "Authorization: basic [redacted]"),
        (f"token {TURSO.token} seen", "token [redacted] seen"),
        ("jwt eyJhbGciOiJFZERTQSJ9.eyJhIjoicncifQ.c2ln in a row", "jwt [redacted] in a row"),
        ("-----BEGIN PRIVATE KEY-----\nMC4C\n-----END PRIVATE KEY-----", "[redacted]"),
        ("turso GET /v1/organizations 200 1 ms", "turso GET /v1/organizations 200 1 ms"),
    ],
)
def test_credentials_are_cut_out_of_log_lines(text: str, redacted: str) -> None:
    assert redact(text) == redacted
