"""The front plays the edge's part: pages, sessions, signatures, WebSockets, and clear problems."""

import json
import time

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from infra.paths import SERVICES
from services.common import base64url
from services.common.signature import is_valid
from services.front.limits import network
from tests.support.gate import Answer, Trouble
from tests.support.problem import check_problem
from tests.support.sessions import token
from tests.unit.front.conftest import PUBLIC_URL, Front

CONTRACT = json.loads((SERVICES / "contract" / "front-door.json").read_bytes())


# Pages


def test_the_page_is_served_and_revalidated(front: Front) -> None:
    with front.client() as client:
        page = client.get("/?from=mail")
        again = client.get("/", headers={"if-none-match": f'"x", {page.headers["etag"]}'})
    assert page.content == (front.pages / "index.html").read_bytes()
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.headers["cache-control"] == again.headers["cache-control"] == "no-cache"
    assert (page.headers["x-served-by"], page.headers["x-release"]) == ("front", "release-of-the-tests")
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(
    ("pattern", "kind"),
    [
        ("app-*.js", "text/javascript; charset=utf-8"),
        ("style-*.css", "text/css; charset=utf-8"),
        ("favicon-*.svg", "image/svg+xml"),
    ],
)
def test_what_is_named_by_its_content_is_kept_for_ever(front: Front, pattern: str, kind: str) -> None:
    (file,) = (front.pages / "assets").glob(pattern)
    with front.client() as client:
        answer, head = client.get(f"/assets/{file.name}"), client.head(f"/assets/{file.name}")
    assert answer.content == file.read_bytes()
    assert answer.headers["content-type"] == head.headers["content-type"] == kind
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (head.status_code, head.content) == (200, b"")


def test_what_another_release_named_is_this_ones_and_not_kept(front: Front) -> None:
    with front.client() as client:
        other = client.get(f"/assets/app-{'0' * 16}.js")
        missing = client.get(f"/assets/none-{'0' * 16}.js")
    assert other.content == (front.pages / "assets" / "app.js").read_bytes()
    assert other.headers["cache-control"] == "no-cache"
    check_problem(missing, 404)


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [("gzip", "gzip"), ("br, gzip;q=0.5", "gzip"), ("*", "gzip"), ("gzip;q=0, br", None), ("identity", None)],
)
def test_text_is_compressed_for_who_takes_it(front: Front, accepted: str, coding: str | None) -> None:
    with front.client() as client:
        answer = client.get("/", headers={"accept-encoding": accepted})
    assert answer.content == (front.pages / "index.html").read_bytes()
    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["etag"].startswith("W/") == (coding is not None)
    assert answer.headers["vary"] == "accept-encoding"


def test_answers_of_the_api_are_compressed_on_their_way(front: Front) -> None:
    with front.client(front.token()) as client:
        plain, packed = (
            client.get("/api/workspaces", headers={"accept-encoding": coding})
            for coding in ("identity", "gzip")
        )
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.json() == plain.json()


@pytest.mark.parametrize("path", ["/nothing", "/app/", "/../settings.py", "/%2e%2e/settings.py"])
def test_what_is_no_page_is_not_found(front: Front, path: str) -> None:
    with front.client() as client:
        check_problem(client.get(path), 404)


def test_a_page_takes_no_other_method(front: Front) -> None:
    with front.client() as client:
        assert check_problem(client.post("/"), 405)["detail"] == "This path answers GET, HEAD, OPTIONS."
        assert client.options("/").headers["allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/", "/nothing", "/api/workspaces", "/api/realtime", "/healthz"])
def test_every_response_has_the_security_headers(front: Front, path: str) -> None:
    with front.client() as client:
        answer = client.get(path)
    headers = CONTRACT["securityHeaders"]
    assert {name: answer.headers.get(name) for name in headers} == headers
    assert "strict-transport-security" not in answer.headers
    assert "server" not in answer.headers


# The api


def test_a_request_goes_through_signed_for_who_asks(front: Front) -> None:
    target = "/api/workspaces?after=%41&limit=5"
    with front.client(front.token("u-7")) as client, front.api.counted() as passed:
        answer = client.get(target, headers={"x-request-id": "request-17", "shoreline-edge": "forged"})
    assert answer.headers["x-served-by"] == "api"
    [asked] = passed
    identity = asked.headers["shoreline-identity"]
    assert json.loads(base64url.decode(identity))["user"] == "u-7"
    assert (asked.method, asked.path) == ("GET", target)
    signature = asked.headers["shoreline-edge"]
    assert is_valid(
        [front.keys.edge], time.time(), header=signature, method="GET", target=target, identity=identity
    )
    assert asked.headers["x-request-id"] == answer.headers["x-request-id"] == "request-17"
    assert "cookie" not in asked.headers


def test_what_a_client_says_of_itself_is_not_believed(front: Front) -> None:
    forged = {
        "shoreline-identity": base64url.encode(b'{"user":"admin","name":"x"}'),
        "connection": "x-private, close",
        "x-private": "x",
        "x-forwarded-for": "1.2.3.4",
        "cf-connecting-ip": "1.2.3.4",
        "te": "trailers",
    }
    with front.client("no token") as client, front.api.counted() as passed:
        assert client.get("/api/digest", headers={**forged, "x-kept": "kept"}).status_code == 200
    [asked] = passed
    assert asked.headers["x-kept"] == "kept"
    assert not (forged.keys() - {"connection"}) & asked.headers.keys()


def test_a_token_by_the_former_key_is_still_taken(front: Front) -> None:
    with front.client(token(front.keys.former_session)) as client:
        assert client.get("/api/me").json()["user"] == "ada"


@pytest.mark.parametrize(
    "claims", [{"exp": 1}, {"iat": 10**11}, {"sub": ""}, {"sub": 7}, {"name": None}, {"exp": "x"}]
)
def test_a_token_that_is_none_is_nobody(front: Front, claims: dict[str, object]) -> None:
    with front.client(front.token("ada", **claims)) as client:
        check_problem(client.get("/api/workspaces"), 401)


def test_bodies_and_cookies_come_through(front: Front) -> None:
    account = {"email": f"{time.time_ns()}@x.example", "name": "Ada", "password": "correct horse"}
    with front.client() as client:
        answer = client.post("/api/sign-up", json=account, headers={"origin": PUBLIC_URL})
    assert answer.status_code == 201
    assert answer.headers["set-cookie"].startswith("session=")


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_other_sites_may_send_nothing_unsafe(front: Front, origin: str) -> None:
    with front.client(front.token()) as client, front.api.counted() as passed:
        check_problem(client.post("/api/session", headers={"origin": origin}), 403)
    assert passed == []


@pytest.mark.parametrize(
    ("trouble", "status"),
    [
        ("drops", 503),
        (Answer(502, b"secret"), 502),
        (Answer(200, b"secret"), 502),
        (Answer(401, b"{}", {"x-served-by": "api", "shoreline-refused": "signature"}), 502),
    ],
)
def test_a_broken_service_is_a_clear_problem(front: Front, trouble: Trouble, status: int) -> None:
    with front.client(front.token()) as client, front.api.trouble(trouble):
        answer = client.get("/api/workspaces")
    check_problem(answer, status)
    assert ("retry-after" in answer.headers) == (status == 503)
    assert "secret" not in answer.text
    line = front.process.logged(id=answer.headers["x-request-id"])
    assert line["failure"].startswith("server: ")


def test_what_is_no_route_is_refused_by_the_api(front: Front) -> None:
    with front.client(front.token()) as client:
        check_problem(client.get("/api/nothing"), 404)
        check_problem(client.get("/api/%ff"), 400)
        refused = client.put("/api/me")
        check_problem(refused, 405)
        assert refused.headers["allow"] == client.options("/api/me").headers["allow"] == "GET, HEAD, OPTIONS"


def test_head_goes_through_too(front: Front) -> None:
    with front.client(front.token()) as client:
        answer, whole = client.head("/api/workspaces"), client.get("/api/workspaces")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == whole.headers["etag"].removeprefix("W/")


# What only the edge has code for


def test_who_is_signed_in_is_told(front: Front) -> None:
    with front.client(front.token("u-9", ws={"harbour": "editor"}, exp=4_000_000_000)) as client:
        answer = client.get("/api/me")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "user": "u-9",
        "name": "Ada Harbour",
        "expires": 4_000_000_000,
        "workspaces": {"harbour": "editor"},
        "more": False,
    }


def test_a_notes_address_is_the_page(front: Front) -> None:
    with front.client() as client:
        assert client.get("/notes/anything").content == client.get("/").content


def test_what_is_not_there_says_so(front: Front) -> None:
    with front.client(front.token()) as client:
        answer = client.post("/api/markdown", json={"text": "x"})
    check_problem(answer, 503)
    assert answer.headers["retry-after"] == "600"


# Limits


def test_too_many_requests_are_refused_by_address(front: Front) -> None:
    credentials = {"email": "nobody@x.example", "password": "x"}

    def tried(address: str) -> httpx.Response:
        return client.post("/api/sign-in", json=credentials, headers={"cf-connecting-ip": address})

    with front.client() as client:
        answers = [tried("2001:db8:1:2::17")]
        while answers[-1].status_code == 401 and len(answers) < 40:
            answers.append(tried("2001:db8:1:2::18"))
        other = tried("2001:db8:1:3::17")
    # A sliding window forgets a little in every moment.
    assert len(answers) > 20
    check_problem(answers[-1], 429)
    assert int(answers[-1].headers["retry-after"]) > 0
    assert other.status_code == 401


def test_without_redis_passwords_are_not_tried_and_reads_go_on(front: Front) -> None:
    with front.cache.down(), front.client() as client:
        refused = client.post("/api/sign-in", json={"email": "nobody@x.example", "password": "x"})
        assert client.get("/api/digest").status_code == 200
    check_problem(refused, 503)
    assert refused.headers["retry-after"] == "5"


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:DB8::17", "2001:db8:0:0::/64"),
        ("2001:0db8:0001:0020:aa:bb:cc:dd", "2001:db8:1:20::/64"),
        ("::1", "0:0:0:0::/64"),
        ("unknown", "unknown"),
    ],
)
def test_an_address_is_counted_as_at_the_edge(address: str, counted: str) -> None:
    assert network(address) == counted


# WebSockets


def dial(front: Front, token: str | None, origin: str | None = PUBLIC_URL) -> ClientConnection:
    headers = {} if token is None else {"cookie": f"session={token}"}
    url = f"{front.process.url.replace('http', 'ws', 1)}/api/realtime"
    own = None if origin is None else Origin(origin)
    return connect(url, origin=own, additional_headers=headers, proxy=None, open_timeout=20)


def await_message(socket: ClientConnection, wanted: str) -> None:
    """Beside it come notifications."""
    while socket.recv(timeout=10) != wanted:
        pass


def test_a_web_socket_passes_through(front: Front) -> None:
    with dial(front, front.token()) as socket:
        await_message(socket, '{"type":"ready"}')
        socket.send('{"type":"ping"}')
        await_message(socket, '{"type":"pong"}')
        socket.send("no message of this service")
        with pytest.raises(Exception, match="1008"):
            await_message(socket, "never")


@pytest.mark.parametrize(
    ("token", "origin", "status"),
    [(False, PUBLIC_URL, 401), (True, None, 403), (True, "https://evil.example", 403)],
)
def test_a_web_socket_of_somebody_else_is_refused(
    front: Front, token: bool, origin: str | None, status: int
) -> None:
    with pytest.raises(InvalidStatus) as refusal, dial(front, front.token() if token else None, origin):
        pass
    assert refusal.value.response.status_code == status


def test_the_path_of_web_sockets_speaks_nothing_else(front: Front) -> None:
    with front.client(front.token()) as client:
        check_problem(client.get("/api/realtime"), 426)
