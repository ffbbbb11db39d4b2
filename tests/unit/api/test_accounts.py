"""Accounts: sign up, sign in."""

import statistics
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx
import jwt
import pytest

from services.common import tokens
from services.common.cookies import access_cookie
from services.common.ids import new_id
from tests.support.notes import insert_workspace
from tests.support.problem import check_problem
from tests.support.services import FrontDoor, Keys, service
from tests.unit.api.conftest import Api

if TYPE_CHECKING:
    from services.common.roles import Role

PASSWORD = "correct horse battery"


def post(api: Api, path: str, **body: object) -> httpx.Response:
    return api.door.ask("POST", path, json=body)


def sign_up(api: Api, address: str, **changes: object) -> httpx.Response:
    return post(api, "/api/sign-up", **{"email": address, "name": "Ada", "password": PASSWORD, **changes})


def sign_in(api: Api, email: str, password: str = PASSWORD) -> httpx.Response:
    return post(api, "/api/sign-in", email=email, password=password)


def test_a_new_account_is_signed_in_with_a_token_of_five_minutes(api: Api, keys: Keys, email: str) -> None:
    response = sign_up(api, email)
    assert response.status_code == 201, response.text
    claims = jwt.decode(response.cookies["session"], keys.session, algorithms=["HS256"])
    account = response.json()
    assert (claims["sub"], claims["name"], claims["exp"]) == (account["user"], "Ada", account["expires"])
    assert claims["exp"] - claims["iat"] == 300
    assert claims["ws"] == account["workspaces"]
    assert list(claims["ws"].values()) == ["owner"]
    assert "more" not in claims
    assert abs(claims["iat"] - time.time()) < 10


def test_the_cookies_over_plain_http_are_closed_to_scripts_and_other_sites(api: Api, email: str) -> None:
    access, refresh = sign_up(api, email).headers.get_list("set-cookie")
    assert access.split("; ")[1:] == ["Path=/", "Max-Age=300", "HttpOnly", "SameSite=Lax"]
    assert refresh.split("; ")[1:] == ["Path=/api/session", "Max-Age=2592000", "HttpOnly", "SameSite=Strict"]


def test_the_cookies_over_tls_are_bound_to_the_host(api: Api, keys: Keys, email: str) -> None:
    variables = {**api.variables, "PUBLIC_URL": "https://notes.example"}
    with service("api", api.folder, variables) as secure:
        door = FrontDoor(secure, keys.edge)
        body = {"email": email, "name": "Ada", "password": PASSWORD}
        access, refresh = door.ask("POST", "/api/sign-up", json=body).headers.get_list("set-cookie")
        left = door.ask("DELETE", "/api/session").headers.get_list("set-cookie")
    assert access.startswith("__Host-session=ey")
    assert access.endswith("; Path=/; Max-Age=300; HttpOnly; SameSite=Lax; Secure")
    assert refresh.startswith("__Secure-refresh=v1.")
    assert refresh.endswith("; Path=/api/session; Max-Age=2592000; HttpOnly; SameSite=Strict; Secure")
    assert left == [
        "__Host-session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure",
        "__Secure-refresh=; Path=/api/session; Max-Age=0; HttpOnly; SameSite=Strict; Secure",
    ]


def test_signing_in_asks_for_the_right_password(api: Api, email: str) -> None:
    user = sign_up(api, email).json()["user"]
    assert sign_in(api, email.upper()).json()["user"] == user
    check_problem(sign_in(api, email, f"{PASSWORD} "), 401)
    check_problem(sign_in(api, email, ""), 401)


def test_an_unknown_email_is_answered_as_a_wrong_password(api: Api, email: str) -> None:
    sign_up(api, email)
    wrong, unknown = sign_in(api, email, "wrong"), sign_in(api, f"x{email}", "wrong")
    documents = [check_problem(each, 401) for each in (wrong, unknown)]
    assert next({**each, "requestId": ""} for each in documents) == {**documents[1], "requestId": ""}
    assert "set-cookie" not in wrong.headers
    assert "set-cookie" not in unknown.headers


def test_an_unknown_email_takes_as_long_as_a_wrong_password(api: Api, email: str) -> None:
    sign_up(api, email)

    def seconds(who: str) -> float:
        started = time.perf_counter()
        sign_in(api, who, "wrong")
        return time.perf_counter() - started

    # In turns, so that both have the same share of whatever else the machine does.
    pairs = [(seconds(email), seconds(f"x{email}")) for _ in range(9)]
    known, unknown = (statistics.median(each) for each in zip(*pairs, strict=True))
    assert 0.6 < unknown / known < 1.6


def test_passwords_are_kept_as_argon2id_only(api: Api, email: str) -> None:
    sign_up(api, email)
    [[stored]] = api.database.execute("select password from users where email = :email", {"email": email})
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert PASSWORD not in api.door.service.log.read_text("utf-8")


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
def test_an_email_has_one_account(api: Api, email: str, spelling: Callable[[str], str]) -> None:
    sign_up(api, email)
    document = check_problem(sign_up(api, spelling(email)), 409)
    assert document["errors"] == [{"path": "body/email", "message": "belongs to an account already"}]


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        ({"email": "nowhere"}, {"body/email": "must be an email address of at most 254 characters"}),
        ({"email": "a@b"}, {"body/email": "must be an email address of at most 254 characters"}),
        ({"email": "a@b.example\n"}, {"body/email": "must be an email address of at most 254 characters"}),
        (
            {"email": "a@" + "b" * 250 + ".cd"},
            {"body/email": "must be an email address of at most 254 characters"},
        ),
        ({"email": 1}, {"body/email": "must be an email address of at most 254 characters"}),
        ({"name": " "}, {"body/name": "must be text of 1 to 80 characters, not only spaces"}),
        ({"password": "short"}, {"body/password": "must be text of 10 to 256 characters"}),
        ({"password": None}, {"body/password": "must be text of 10 to 256 characters"}),
        ({"admin": True}, {"body/admin": "is not known here"}),
        (
            {"email": "", "password": ""},
            {
                "body/email": "must be an email address of at most 254 characters",
                "body/password": "must be text of 10 to 256 characters",
            },
        ),
    ],
)
def test_what_is_wrong_is_told_field_by_field(
    api: Api, email: str, changes: dict[str, object], errors: dict[str, str]
) -> None:
    document = check_problem(sign_up(api, email, **changes), 422)
    told = document["errors"]
    assert isinstance(told, list)
    assert {each["path"]: each["message"] for each in told} == errors


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"\xff", {}, 400),
        (b'{"email": NaN}', {}, 400),
        (b'{"email": "\\ud800"}', {}, 400),
        (b"[" * 60_000, {}, 400),
        (b'{"email": "a", "password": "b"}x', {}, 400),
        (b"[]", {}, 422),
        (b"null", {}, 422),
        (b"{}", {"content-type": "text/plain"}, 415),
        (b"{}", {"content-type": "application/json; charset=latin-1"}, 415),
        (b"{}", {"content-encoding": "gzip"}, 415),
        (b" " * 65_537, {}, 413),
    ],
)
def test_a_body_that_is_no_json_object_is_refused(
    api: Api, body: bytes, headers: dict[str, str], status: int
) -> None:
    sent = {"content-type": "application/json", **headers}
    check_problem(api.door.ask("POST", "/api/sign-in", content=body, headers=sent), status)


@pytest.mark.parametrize(
    ("name", "start"), [("Ada Harbour", "ada-harbour-"), ("  Zoë & Co. ", "zo-co-"), ("港", "notes-")]
)
def test_an_account_comes_with_a_workspace_of_its_own(api: Api, email: str, name: str, start: str) -> None:
    account = sign_up(api, email, name=name).json()
    [workspace] = account["workspaces"]
    assert workspace.startswith(start)
    owned = api.database.execute("select name, open from workspaces where id = :id", {"id": workspace})
    assert owned == [[name, "0"]]
    assert sign_in(api, email).json()["workspaces"] == {workspace: "owner"}


def test_an_email_that_is_taken_leaves_no_workspace_behind(api: Api, email: str) -> None:
    sign_up(api, email)
    before = api.database.execute("select count(*) from workspaces")
    check_problem(sign_up(api, email), 409)
    assert api.database.execute("select count(*) from workspaces") == before


def test_a_token_says_that_there_are_more_workspaces_than_it_holds(api: Api, keys: Keys, email: str) -> None:
    user = sign_up(api, email).json()["user"]
    for number in range(tokens.MOST_WORKSPACES):
        insert_workspace(api.database, f"one-of-many-{number}", {user: "viewer"})
    claims = jwt.decode(sign_in(api, email).cookies["session"], keys.session, algorithms=["HS256"])
    assert len(claims["ws"]) == tokens.MOST_WORKSPACES
    assert claims["more"] is True


def test_a_token_fits_into_a_cookie() -> None:
    roles: dict[str, Role] = {f"{number:064}": "viewer" for number in range(60)}
    workspaces = tokens.Workspaces.of(roles)
    token = tokens.issue(b"k" * 32, 0, user=new_id(), name="😀" * 80, session=new_id(), workspaces=workspaces)
    cookie = access_cookie("https://notes.example", token)
    assert len(cookie.partition(";")[0]) < 4096
    assert workspaces.more
    assert len(workspaces.roles) > 25
