"""The api as a process: its settings, its log, and its end."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import psutil
import pytest

from infra.paths import ROOT
from services.common import base64url
from services.common.identity import Identity
from services.settings import ApiSettings, SettingsError, load
from tests.support.problem import check_problem
from tests.support.process import until
from tests.support.services import FrontDoor, Keys, service
from tests.unit.api.conftest import Api

KEYS_WANTED = "must be base64url of 32 bytes each, with commas between"
HANDLER_ELSEWHERE = json.dumps(
    {
        "version": 1,
        "schemas": {},
        "routes": [
            {
                "name": "x",
                "method": "GET",
                "path": "/x",
                "access": {"kind": "public"},
                "input": {"path": None, "query": None, "body": None},
                "bodyBytes": 0,
                "run": {"kind": "handler", "name": "nobody", "on": "server"},
                "idempotent": False,
                "rateLimits": [],
            }
        ],
    }
)


def test_what_is_wrong_with_the_environment_is_told_at_once() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "services.api"],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "EDGE_KEYS": "short",
            "API_LISTEN": "localhost",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    told = dict(line.split(": ", 1) for line in done.stderr.splitlines())
    missing = "is missing. Set it in the service's environment file in the release"
    assert told["DATABASE_ORIGIN"] == told["REDIS_URL"] == told["RELEASE"] == missing
    assert told["EDGE_KEYS"] == KEYS_WANTED
    assert told["API_LISTEN"] == "must be unix:PATH or HOST:PORT"


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        (None, "can't be read"),
        ("{", "is not a manifest of this release"),
        ('{"version": 2, "routes": [], "schemas": {}}', "is not a manifest of this release"),
        (HANDLER_ELSEWHERE, "route x: there is no handler nobody in services/api/handlers"),
    ],
)
def test_a_manifest_that_does_not_fit_is_told_by_name(
    api: Api, tmp_path: Path, manifest: str | None, words: str
) -> None:
    file = tmp_path / "manifest.json"
    if manifest is not None:
        file.write_text(manifest)
    env = {**os.environ, **api.variables, "MANIFEST_FILE": str(file)}
    argv = [sys.executable, "-m", "services.api"]
    done = subprocess.run(argv, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"MANIFEST_FILE: {file}")
    assert words in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("DATABASE_ORIGIN", "libsql://x", "must be http(s)://host[:port] without a path"),
        ("DATABASE_ORIGIN", "https://x/path", "must be http(s)://host[:port] without a path"),
        ("REDIS_URL", "http://x", "must be redis://... or rediss://..."),
        ("SESSION_KEYS", base64url.encode(b"x" * 31), KEYS_WANTED),
        ("SESSION_KEYS", f"{base64url.encode(b'x' * 32)},", KEYS_WANTED),
        ("DATABASE_HOST", "", "String should have at least 1 character"),
    ],
)
def test_a_mistake_is_told_without_the_value(api: Api, name: str, value: str, words: str) -> None:
    with pytest.raises(SettingsError) as mistake:
        load(ApiSettings, {**api.variables, name: value})
    assert str(mistake.value) == f"{name}: {words}"


def test_settings_show_no_secret(api: Api) -> None:
    shown = repr(load(ApiSettings, api.variables))
    secrets = [api.variables[name] for name in ("DATABASE_TOKEN", "REDIS_URL")]
    secrets += [key for name in ("EDGE_KEYS", "SESSION_KEYS") for key in api.variables[name].split(",")]
    assert not [secret for secret in secrets if secret in shown]


def test_it_listens_on_loopback_only(api: Api) -> None:
    listening = psutil.Process(api.door.service.process.pid).net_connections(kind="tcp")
    assert {each.laddr.ip for each in listening if each.status == psutil.CONN_LISTEN} == {"127.0.0.1"}


def test_a_request_leaves_one_line_without_what_it_carried(api: Api, ada: Identity) -> None:
    body = {"email": "secret-email@x.example", "password": "secret-password"}
    response = api.door.ask("POST", "/api/sign-in", ada, json=body)
    line = api.door.service.logged(id=response.headers["x-request-id"])
    assert line.pop("ms") >= 0
    assert line.pop("database").keys() == {"ms", "rowsRead"}
    assert line == {
        "event": "request",
        "id": response.headers["x-request-id"],
        "tier": "api",
        "server": "vps-1",
        "method": "POST",
        "route": "POST /api/sign-in",
        "status": 401,
    }
    log = api.door.service.log.read_text("utf-8")
    assert not [word for word in ("secret-", ada.header(), ada.user) if word in log]


@pytest.mark.parametrize("inbound", ["abcdefgh", "0b0e2d4e-33f0-4d1c-9b52-90d5f3dc7a3b"])
def test_the_edges_request_id_is_taken_over(api: Api, inbound: str) -> None:
    response = api.door.ask("GET", "/api/none", headers={"x-request-id": inbound})
    assert response.headers["x-request-id"] == inbound
    assert response.headers["x-served-by"] == "api"
    assert response.headers["x-release"] == "release-of-the-tests"


@pytest.mark.parametrize("inbound", ["short", "a" * 65, '"quoted" text'])
def test_any_other_request_id_is_replaced(api: Api, inbound: str) -> None:
    assert (
        len(api.door.ask("GET", "/api/none", headers={"x-request-id": inbound}).headers["x-request-id"]) == 36
    )


def test_another_method_or_path_is_a_problem(api: Api, ada: Identity) -> None:
    response = api.door.ask("DELETE", "/api/exports", ada)
    assert check_problem(response, 405)["detail"] == "This path answers OPTIONS, POST."
    assert response.headers["allow"] == "OPTIONS, POST"
    check_problem(api.door.ask("GET", "/api/workspaces/", ada), 404)


def test_head_is_get_without_the_body(api: Api, ada: Identity) -> None:
    got, response = (api.door.ask(method, "/api/workspaces", ada) for method in ("GET", "HEAD"))
    assert (response.status_code, response.content) == (200, b"")
    for name in ("content-type", "content-length", "etag", "cache-control"):
        assert response.headers[name] == got.headers[name]


def test_a_request_under_way_is_answered_when_the_service_stops(api: Api, keys: Keys, ada: Identity) -> None:
    with service("api", api.folder, api.variables) as stopping, ThreadPoolExecutor(1) as pool:
        door = FrontDoor(stopping, keys.edge)
        with api.gate.trouble("hangs"), api.gate.counted() as passed:
            answer = pool.submit(door.ask, "GET", "/api/workspaces", ada)
            until(lambda: passed or None, "the request is under way")
            stopping.process.send_signal(signal.SIGTERM)
        assert answer.result().status_code in (200, 503)
        assert stopping.process.wait(10) == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{stopping.url}/healthz", trust_env=False)


def test_it_runs_from_its_own_folder_without_infra(api: Api, tmp_path: Path) -> None:
    code = """
import sys, services.api.__main__, services.realtime.__main__, services.jobs.__main__
print([name for name in sys.modules if name.split(".")[0] in ("infra", "tests")])
"""
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    argv = [sys.executable, "-c", code]
    done = subprocess.run(argv, env=env, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr
