"""Which request reaches which route, and what every answer carries."""

import re

import httpx
import pytest

from tests.support.workerd import RELEASE, Edge
from tests.unit.edge.conftest import ProblemCheck


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/api/notes", "GET, HEAD, OPTIONS, POST"),
        ("DELETE", "/api/notes", "GET, HEAD, OPTIONS, POST"),
        ("POST", "/api/notes/1", "GET, HEAD, OPTIONS"),
        ("PATCH", "/api/notes/1", "GET, HEAD, OPTIONS"),
        ("POST", "/", "GET, HEAD, OPTIONS"),
        ("DELETE", "/assets/style.css", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_refused_with_those_allowed(
    client: httpx.Client, problem: ProblemCheck, method: str, path: str, allow: str
) -> None:
    response = client.request(method, path)
    assert problem(response, 405)["detail"] == f"This path answers {allow}."
    assert response.headers["allow"] == allow


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/api/notes", "GET, HEAD, OPTIONS, POST"),
        ("/api/notes/1", "GET, HEAD, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ],
)
def test_options_names_the_methods_and_opens_nothing_to_other_sites(
    client: httpx.Client, path: str, allow: str
) -> None:
    response = client.options(path, headers={"origin": "https://elsewhere.example"})
    assert response.status_code == 204
    assert response.headers["allow"] == allow
    assert not [name for name in response.headers if name.startswith("access-control-")]


@pytest.mark.parametrize(
    "path", ["/api/notes?limit=2", "/api/notes/1", "/api/notes?limit=0", "/", "/nothing.css"]
)
def test_head_is_get_without_the_body(client: httpx.Client, path: str) -> None:
    get, head = client.get(path), client.head(path)
    assert head.content == b""
    assert head.status_code == get.status_code
    changing = {"x-request-id", "server-timing", "content-length", "set-cookie"}
    assert {n: v for n, v in head.headers.items() if n not in changing} == {
        n: v for n, v in get.headers.items() if n not in changing
    }


@pytest.mark.parametrize(
    "path",
    [
        *("/api", "/api/", "/api/notes/", "/api//notes", "/api/notes/1/2"),
        *("/api/Notes", "/api/notes%2F1", "/API/notes", "/x"),
    ],
)
def test_other_paths_are_not_found(client: httpx.Client, problem: ProblemCheck, path: str) -> None:
    assert problem(client.get(path), 404)["detail"] == "There is nothing at this path."


@pytest.mark.parametrize("path", ["/api/n%6ftes?limit=1", "/%61pi/notes?limit=1", "/api/x/../notes?limit=1"])
def test_another_spelling_of_a_path_is_the_same_route(client: httpx.Client, path: str) -> None:
    assert client.get(path).json().keys() == {"notes", "next"}


@pytest.mark.parametrize(
    "path", ["/api/notes/%", "/api/notes/%zz", "/api/notes/%ff", "/%ed%a0%80", "/api/%c3"]
)
def test_a_malformed_encoding_is_refused(worker: Edge, problem: ProblemCheck, path: str) -> None:
    # httpx would mend a lone percent sign; a raw target goes out as it stands.
    request = httpx.Request("GET", worker.url, extensions={"target": path.encode()})
    with httpx.Client() as client:
        problem(client.send(request), 400)


PATHS = [
    "/",
    "/assets/style.css",
    "/nothing",
    "/api/notes?limit=1",
    "/api/notes/1",
    "/api/notes?limit=0",
    "/api/%ff",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_security_headers(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    policy = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == "'self'"
    assert policy["style-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'none'"
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    # Only ever over TLS (RFC 6797, section 7.2).
    assert "strict-transport-security" not in headers


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_says_who_served_it_and_which_release(client: httpx.Client, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-served-by"] == "edge"
    assert headers["x-release"] == RELEASE
    assert "total;dur=" in headers["server-timing"]
    assert len(headers["x-request-id"]) == 36


def test_the_time_in_the_database_is_told_apart(client: httpx.Client) -> None:
    assert "db;dur=" in client.get("/api/notes?limit=1").headers["server-timing"]
    assert "db;dur=" not in client.get("/api/notes?limit=0").headers["server-timing"]


@pytest.mark.parametrize("inbound", ["abcdefgh", "0b0e2d4e-33f0-4d1c-9b52-90d5f3dc7a3b", "A.b_c-1" * 9])
def test_a_sane_request_id_is_taken_over(client: httpx.Client, inbound: str) -> None:
    assert client.get("/api/x", headers={"x-request-id": inbound}).headers["x-request-id"] == inbound


@pytest.mark.parametrize("inbound", ["", "short", "a" * 65, 'a"b{c}d e', "<script>alert(1)</script>"])
def test_any_other_request_id_is_replaced(client: httpx.Client, inbound: str) -> None:
    returned = client.get("/api/x", headers={"x-request-id": inbound}).headers["x-request-id"]
    assert returned != inbound
    assert len(returned) == 36


HASHED = re.compile(r'(?:href|src)="(/assets/[a-z]+-[0-9a-f]{16}\.(?:css|js|svg))"')


def test_what_the_page_names_is_kept_for_ever_and_the_page_is_not(client: httpx.Client) -> None:
    page = client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html")
    assert page.headers["cache-control"] == "no-cache"
    named = HASHED.findall(page.text)
    assert len(named) == 3
    for path in named:
        asset = client.get(path)
        assert asset.status_code == 200
        assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"


def test_what_another_version_named_is_this_ones_and_not_kept(client: httpx.Client) -> None:
    other = client.get(f"/assets/app-{'0' * 16}.js")
    assert other.content == client.get("/assets/app.js").content
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")
    assert client.get(f"/assets/none-{'0' * 16}.js").status_code == 404


@pytest.mark.parametrize("path", ["/", "/assets/app.js"])
def test_an_unchanged_asset_is_not_sent_again(client: httpx.Client, path: str) -> None:
    first = client.get(path)
    again = client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["content-security-policy"] == first.headers["content-security-policy"]


def test_over_tls_browsers_are_told_to_stay_there(client: httpx.Client) -> None:
    # What terminates TLS before workerd says so in this header.
    headers = client.get("/", headers={"x-forwarded-proto": "https"}).headers
    assert headers["strict-transport-security"] == "max-age=31536000"


def test_problems_are_kept_by_no_cache(client: httpx.Client) -> None:
    assert client.get("/api/notes?limit=0").headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    ("path", "control"),
    [("/api/notes", "no-cache"), ("/api/workspaces", "private, no-cache"), ("/api/me", "no-store")],
)
def test_others_caches_keep_nothing_unasked(ada: httpx.Client, path: str, control: str) -> None:
    assert ada.get(path).headers["cache-control"] == control


def test_a_request_leaves_one_log_line_without_what_it_carried(worker: Edge, ada: httpx.Client) -> None:
    written = ada.post("/api/notes", json={"title": "secret-title", "body": "secret-body"})
    line = worker.logged(written.headers["x-request-id"])
    database = line.pop("database")
    assert isinstance(database, dict)
    assert database.keys() == {"ms", "rowsRead"}
    assert isinstance(line.pop("ms"), int | float)
    assert line == {
        "event": "request",
        "id": written.headers["x-request-id"],
        "tier": "edge",
        "method": "POST",
        "route": "POST /api/notes",
        "status": 201,
        "servedBy": "edge",
    }
    assert "secret-" not in worker.log.read_text("utf-8")


def test_the_log_names_the_route_and_not_the_path(worker: Edge, client: httpx.Client) -> None:
    missing = client.get("/api/notes/somebodys-name")
    assert worker.logged(missing.headers["x-request-id"])["route"] == "GET /api/notes/{note}"
    assert "somebodys-name" not in worker.log.read_text("utf-8")
