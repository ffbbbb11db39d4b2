"""What the edge hands on to a server, how it signs it, and what a client sees when the server fails."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from services.common import base64url
from services.common.signature import is_valid
from tests.support.gate import Answer, Gate, Trouble
from tests.support.notes import note_id
from tests.support.sessions import SESSION
from tests.support.sqld import Sqld
from tests.support.workerd import Server, Servers, edge
from tests.unit.edge.conftest import ProblemCheck
from tests.unit.edge.stack import Stack, new_user

DEADLINE = 10.0
MEMBER = {"harbour": "viewer"}
STATISTICS = "/api/workspaces/harbour/statistics"


def test_a_request_goes_through_signed_for_who_asks(servers: Stack, problem: ProblemCheck) -> None:
    token = servers.token("u-7", "Ada", ws=MEMBER)
    with servers.client(token) as client, servers.api_gate.counted() as passed:
        response = client.get(f"{STATISTICS}?x=&", headers={"x-request-id": "request-17"})
    problem(response, 400)
    [asked] = passed
    identity = asked.headers["shoreline-identity"]
    assert json.loads(base64url.decode(identity)) == {
        "user": "u-7",
        "name": "Ada",
        "session": SESSION,
        "ws": MEMBER,
    }
    assert (asked.method, asked.path) == ("GET", f"{STATISTICS}?x=&")
    assert is_valid(
        [servers.keys.edge],
        time.time(),
        header=asked.headers["shoreline-edge"],
        method="GET",
        target=asked.path,
        identity=identity,
    )
    assert asked.headers["x-request-id"] == response.headers["x-request-id"] == "request-17"
    assert asked.headers["host"] == "vps-1.servers.localhost"


def test_what_a_client_says_of_itself_is_not_believed(servers: Stack) -> None:
    sent = {
        "shoreline-edge": "v1 1 x",
        "shoreline-identity": base64url.encode(b'{"user":"admin","name":"x"}'),
        "shoreline-anything": "x",
        "connection": "x-private, close",
        "x-private": "x",
        "x-forwarded-for": "1.2.3.4",
        "x-forwarded-host": "evil.example",
        "forwarded": "for=1.2.3.4",
        "x-real-ip": "1.2.3.4",
        "proxy-authorization": "x",
        "te": "trailers",
        "cf-connecting-ip": "1.2.3.4",
        "x-kept": "kept",
        "accept-language": "de",
    }
    with servers.client("forged") as client, servers.api_gate.counted() as passed:
        client.post("/api/sign-in", headers=sent, json={"email": "a", "password": "b"})
    [asked] = passed
    assert asked.headers["shoreline-edge"] != "v1 1 x"
    assert (asked.headers["x-kept"], asked.headers["accept-language"]) == ("kept", "de")
    dropped = sent.keys() - {"shoreline-edge", "connection", "x-kept", "accept-language"}
    assert not dropped & asked.headers.keys()
    assert "cookie" not in asked.headers


def test_bodies_cookies_and_headers_come_through(servers: Stack) -> None:
    account = {"email": f"{new_user()}@x.example", "name": "Ada", "password": "correct horse"}
    with servers.client() as client:
        response = client.post("/api/sign-up", json=account)
        assert response.status_code == 201
        me = client.get("/api/me")
    account = response.json()
    assert {name: me.json()[name] for name in account} == account
    assert response.headers["x-served-by"] == "api"
    assert response.headers["cache-control"] == "no-store"
    assert "server" not in response.headers
    assert "content-security-policy" in response.headers
    timing = [each.split(";")[0] for each in response.headers["server-timing"].split(", ")]
    assert timing == ["db", "api", "total"]


def test_the_apis_problems_are_the_clients(servers: Stack, problem: ProblemCheck) -> None:
    with servers.client(servers.token(ws=MEMBER)) as client:
        document = problem(client.post("/api/exports", json={"note": 1}), 422)
        assert document["errors"] == [{"path": "body/note", "message": "must be an id"}]
        problem(client.get("/api/exports/nothing"), 404)
        problem(client.post("/api/sign-in", content="{}", headers={"content-type": "text/plain"}), 415)
        problem(client.get(f"{STATISTICS}?x=1"), 400)


def test_head_goes_through_too(servers: Stack) -> None:
    with servers.client(servers.token(ws=MEMBER)) as client:
        response = client.head(STATISTICS)
    assert (response.status_code, response.content) == (200, b"")


def test_the_log_says_which_server_was_asked(servers: Stack) -> None:
    with servers.client(servers.token(ws=MEMBER)) as client:
        response = client.get(STATISTICS)
    line = servers.worker.logged(response.headers["x-request-id"])
    assert line["route"] == "GET /api/workspaces/{workspace}/statistics"
    assert (line["origin"], line["status"]) == ("vps-1", 200)
    log = servers.worker.log.read_text("utf-8")
    assert not [key for key in (servers.keys.edge, servers.keys.session) if base64url.encode(key) in log]
    assert servers.token() not in log


NOT_OURS = {"content-type": "text/html"}


@pytest.mark.parametrize(
    ("trouble", "status", "kind"),
    [
        ("drops", 503, "unreachable"),
        (Answer(530, b"error code: 1033"), 503, "unreachable"),
        (Answer(502, b"secret: unable to reach the origin"), 503, "unreachable"),
        (Answer(522, b"secret"), 503, "unreachable"),
        (Answer(200, b"<html>secret", NOT_OURS), 502, "unexpected"),
        (Answer(302, b"", {"location": "http://evil.example/secret"}), 502, "unexpected"),
        (Answer(404, b"secret"), 502, "unexpected"),
        (Answer(431, b"secret"), 431, "headers"),
        (Answer(401, b"{}", {"x-served-by": "api", "shoreline-refused": "signature"}), 502, "unexpected"),
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_broken_server_is_a_clear_problem_and_is_asked_once(
    servers: Stack, problem: ProblemCheck, method: str, trouble: Trouble, status: int, kind: str
) -> None:
    path = STATISTICS if method == "GET" else "/api/exports"
    gate = servers.api_gate
    with servers.client(servers.token(ws=MEMBER)) as client, gate.trouble(trouble), gate.counted() as passed:
        response = client.request(method, path)
    problem(response, status)
    # workerd itself asks again where an idle connection turns out to be closed: never for a POST.
    assert len(passed) == 1 or (method, trouble) == ("GET", "drops")
    assert response.headers["x-served-by"] == "edge"
    assert ("retry-after" in response.headers) == (status == 503)
    assert not [word for word in ("secret", "vps-1", "servers.localhost") if word in response.text]
    line = servers.worker.logged(response.headers["x-request-id"])
    assert str(line["failure"]).startswith(f"server {kind}: vps-1: ")


def test_an_error_of_the_api_itself_is_passed_on(servers: Stack) -> None:
    answer = Answer(503, b'{"status":503}', {"x-served-by": "api", "retry-after": "7"})
    with servers.client(servers.token(ws=MEMBER)) as client, servers.api_gate.trouble(answer):
        response = client.get(STATISTICS)
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")


def test_a_slow_server_is_given_up_at_the_deadline(servers: Stack, problem: ProblemCheck) -> None:
    def timed(method: str) -> tuple[httpx.Response, float]:
        started = time.monotonic()
        with servers.client(servers.token(ws=MEMBER)) as client:
            path = STATISTICS if method == "GET" else "/api/exports"
            return client.request(method, path), time.monotonic() - started

    with servers.api_gate.trouble("hangs"), ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(timed, ["GET", "POST"]))
    for response, seconds in answers:
        problem(response, 504)
        assert "retry-after" in response.headers
        assert DEADLINE - 0.1 <= seconds < DEADLINE + 3


@pytest.mark.parametrize("path", ["/api/sign-in", "/api/session", "/api/exports", "/api/notes"])
def test_other_sites_may_send_nothing_unsafe(servers: Stack, problem: ProblemCheck, path: str) -> None:
    with servers.client(servers.token(ws=MEMBER)) as client, servers.api_gate.counted() as passed:
        response = client.post(path, headers={"origin": "https://evil.example"}, json={})
        assert problem(response, 403)["detail"] == "Requests from other sites are not allowed."
        problem(client.post(path, headers={"origin": "null"}, json={}), 403)
        assert client.post(path, headers={"origin": servers.worker.url}, json={}).status_code != 403
        assert client.post(path, headers={"origin": "http://localhost"}, json={}).status_code != 403
    assert all(asked.headers.get("origin") != "https://evil.example" for asked in passed)


def test_only_a_safe_request_goes_on_to_the_next_server(
    bundle: Path, servers: Stack, database: Sqld, tmp_path: Path
) -> None:
    # The first has no tunnel, the second no service behind it, the third works.
    keys = servers.keys
    with Gate(1).opened() as dead:
        several = [Server("vps-1", None), Server("vps-2", dead.port), Server("vps-3", servers.api.port)]
        given = Servers(several, keys)
        with (
            edge(bundle, tmp_path, database_port=1, token=database.token, servers=given) as worker,
            dead.trouble("drops"),
            httpx.Client(base_url=worker.url, timeout=20, trust_env=False) as client,
        ):
            asked: dict[str, list[object]] = {f"user-{number}": [] for number in range(12)}
            for user, origins in asked.items():
                client.headers["cookie"] = f"session={servers.token(user, ws=MEMBER)}"
                assert client.get(STATISTICS).status_code == 200
                for _ in range(3):
                    response = client.post("/api/exports", json={"note": note_id(1)})
                    origin = worker.logged(response.headers["x-request-id"])["origin"]
                    assert response.status_code == (404 if origin == "vps-3" else 503)
                    origins.append(origin)
    # A person has one server, and what they write goes nowhere else.
    assert all(len(set(origins)) == 1 for origins in asked.values())
    assert {origins[0] for origins in asked.values()} == {"vps-1", "vps-2", "vps-3"}


def test_every_server_gone_is_told(
    bundle: Path, servers: Stack, problem: ProblemCheck, tmp_path: Path
) -> None:
    given = Servers([Server("vps-1", None), Server("vps-2", None)], servers.keys)
    with edge(bundle, tmp_path, database_port=1, token="x", servers=given) as worker:
        headers = {"cookie": f"session={servers.token(ws=MEMBER)}"}
        problem(httpx.get(f"{worker.url}{STATISTICS}", headers=headers, trust_env=False), 503)
