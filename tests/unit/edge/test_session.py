"""Who is signed in: the access token, verified at the edge without a trip."""

import json
import time
import uuid

import httpx
import jwt
import pytest

from services.common import base64url
from tests.support.sessions import token
from tests.support.workerd import Edge, Server, Servers, edge
from tests.unit.edge.conftest import ProblemCheck
from tests.unit.edge.stack import Stack


def me(servers: Stack, cookie: str | None) -> httpx.Response:
    headers = {} if cookie is None else {"cookie": cookie}
    return httpx.get(f"{servers.worker.url}/api/me", headers=headers, trust_env=False)


def test_a_valid_token_says_who_it_is(servers: Stack) -> None:
    expires = int(time.time()) + 300
    response = me(servers, f"session={servers.token('u-1', 'Ада 📝', ws={'harbour': 'editor'}, exp=expires)}")
    who = {"user": "u-1", "name": "Ада 📝", "expires": expires}
    assert response.json() == {**who, "workspaces": {"harbour": "editor"}, "more": False}
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-served-by"] == "edge"


def test_a_token_by_the_former_key_is_still_taken(servers: Stack) -> None:
    assert me(servers, f"session={token(servers.keys.former_session)}").json()["user"] == "ada"


def test_verifying_is_no_trip(servers: Stack) -> None:
    with servers.api_gate.counted() as passed:
        assert me(servers, f"session={servers.token()}").status_code == 200
    assert passed == []
    assert "db;dur=" not in me(servers, f"session={servers.token()}").headers["server-timing"]


def test_other_cookies_do_not_disturb(servers: Stack) -> None:
    token = servers.token()
    assert me(servers, f"a=b; xsession=1; session={token}; c").status_code == 200
    assert me(servers, f"mysession={token}").status_code == 401
    assert me(servers, f"__Host-session={token}").status_code == 401


def part(value: object) -> str:
    return base64url.encode(json.dumps(value).encode())


def forged(servers: Stack, kind: str) -> str:
    header, claims, code = servers.token().split(".")
    now = int(time.time())
    genuine = {"sub": "ada", "sid": "s-1", "name": "Ada", "iat": now, "exp": now + 600}
    return {
        "nothing": "",
        "no token": "abc",
        "no code": f"{header}.{claims}.",
        "more parts": f"{header}.{claims}.{code}.x",
        "no base64": f"{header}.{claims}.!!",
        "another key": jwt.encode(genuine, b"k" * 32, algorithm="HS256"),
        "another algorithm": jwt.encode(genuine, servers.keys.session + b"0" * 32, algorithm="HS512"),
        "no algorithm": f"{part({'alg': 'none'})}.{part(genuine)}.",
        "other claims": f"{header}.{part({**genuine, 'sub': 'eve'})}.{code}",
        "expired": servers.token(exp=now - 1),
        "of the future": servers.token(iat=now + 3600, exp=now + 7200),
        "for ever": servers.token(exp="never"),
        "nobody's": servers.token(sub=""),
        "a number's": jwt.encode({**genuine, "sub": "1"}, b"x" * 32, algorithm="HS256"),
        "nameless": servers.token(name=["Ada"]),
        "of no known role": servers.token(ws={"harbour": "king"}),
        "of a list of workspaces": servers.token(ws=["harbour"]),
    }[kind]


FORGERIES = [
    *("nothing", "no token", "no code", "more parts", "no base64", "another key", "another algorithm"),
    *(
        "no algorithm",
        "other claims",
        "expired",
        "of the future",
        "for ever",
        "nobody's",
        "a number's",
        "nameless",
        "of no known role",
        "of a list of workspaces",
    ),
]


@pytest.mark.parametrize("kind", FORGERIES)
def test_any_other_token_is_nobodys(servers: Stack, problem: ProblemCheck, kind: str) -> None:
    response = me(servers, f"session={forged(servers, kind)}")
    assert problem(response, 401)["detail"] == "Sign in first."


@pytest.mark.parametrize("kind", ["HS384", "HS512"])
def test_a_token_with_another_algorithm_of_the_same_key_is_refused(servers: Stack, kind: str) -> None:
    header = part({"alg": kind, "typ": "JWT"})
    _, claims, code = servers.token().split(".")
    assert me(servers, f"session={header}.{claims}.{code}").status_code == 401


def test_without_a_cookie_nobody_is_signed_in(servers: Stack, problem: ProblemCheck) -> None:
    problem(me(servers, None), 401)


def test_over_tls_the_cookie_is_bound_to_the_host(
    servers: Stack, worker: Edge, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = worker.log.parent.parent / "bundle0"
    keys = servers.keys
    public = Servers([Server("vps-1", None)], keys, "https://notes.example")
    secure = tmp_path_factory.mktemp("secure")
    with edge(folder, secure, database_port=1, token="x", servers=public) as running:
        for name, status in (("session", 401), ("__Host-session", 200)):
            headers = {"cookie": f"{name}={servers.token()}"}
            assert httpx.get(f"{running.url}/api/me", headers=headers, trust_env=False).status_code == status


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/exports"), ("DELETE", "/api/session")])
def test_a_stack_without_servers_says_so(
    ada: httpx.Client, problem: ProblemCheck, method: str, path: str
) -> None:
    document = problem(ada.request(method, path), 503)
    assert document["detail"] == "This part of the application is not set up here."


def test_a_session_outlives_its_access_token(servers: Stack) -> None:
    with servers.client() as browser:
        account = {"email": f"{uuid.uuid4().hex}@a.example", "name": "Ada", "password": "correct horse"}
        user = browser.post("/api/sign-up", json=account).raise_for_status().json()["user"]
        browser.cookies.delete("session")
        assert browser.get("/api/me").status_code == 401
        assert browser.post("/api/session").raise_for_status().json()["user"] == user
        assert browser.get("/api/me").json()["user"] == user
        used = browser.cookies["refresh"]
        assert browser.delete("/api/session").status_code == 204
        assert list(browser.cookies.jar) == []
    with servers.client() as other:
        # The header that the edge makes of the cookie is not a client's to send.
        assert other.post("/api/session", headers={"shoreline-refresh": used}).status_code == 401
        assert other.post("/api/session", headers={"cookie": f"refresh={used}"}).status_code == 401
