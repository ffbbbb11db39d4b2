"""Sessions: kept up by tokens that are good for one use, and ended."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import httpx
import jwt
import pytest
import redis

from services.api.sessions.refresh_token import RefreshToken
from services.api.sessions.sessions import GRACE_MS
from services.common.identity import Identity
from services.common.ids import new_id
from services.common.revocations import CHANNEL, Revocation
from tests.support.problem import check_problem
from tests.support.process import until
from tests.support.services import Keys
from tests.unit.api.conftest import Api

PASSWORD = "correct horse battery"


@dataclass(frozen=True)
class Browser:
    """What one browser holds of a session."""

    user: str
    session: str
    refresh: str

    @property
    def identity(self) -> Identity:
        return Identity(user=self.user, name="Ada", session=self.session)


def browser_of(response: httpx.Response) -> Browser:
    refresh = response.cookies["refresh"]
    return Browser(response.json()["user"], refresh.split(".")[1], refresh)


def sign_up(api: Api, email: str) -> Browser:
    body = {"email": email, "name": "Ada", "password": PASSWORD}
    return browser_of(api.door.ask("POST", "/api/sign-up", json=body).raise_for_status())


def sign_in(api: Api, email: str, password: str = PASSWORD) -> Browser:
    body = {"email": email, "password": password}
    return browser_of(api.door.ask("POST", "/api/sign-in", json=body).raise_for_status())


def refreshed(api: Api, token: str) -> httpx.Response:
    return api.door.ask("POST", "/api/session", headers={"shoreline-refresh": token})


def sessions(api: Api, user: str) -> list[str | None]:
    rows = api.database.execute("select id from sessions where user = :user order by id", {"user": user})
    return [each for [each] in rows]


def long_ago(api: Api, session: str) -> None:
    """As if the session's token had been given before the grace."""
    change = "update sessions set rotated = rotated - :ms where id = :id"
    api.database.execute(change, {"ms": GRACE_MS + 1, "id": session})


def test_a_refresh_gives_new_tokens_of_the_same_session(api: Api, keys: Keys, email: str) -> None:
    first = sign_up(api, email)
    response = refreshed(api, first.refresh)
    assert response.status_code == 200, response.text
    claims = jwt.decode(response.cookies["session"], keys.session, algorithms=["HS256"])
    assert (claims["sub"], claims["sid"], claims["name"]) == (first.user, first.session, "Ada")
    assert claims["ws"] == response.json()["workspaces"] != {}
    assert RefreshToken.opened(response.cookies["refresh"], [keys.session]) == RefreshToken(first.session, 1)
    assert refreshed(api, response.cookies["refresh"]).status_code == 200


def test_a_token_by_the_former_key_is_renewed_by_the_one_that_signs(api: Api, keys: Keys, email: str) -> None:
    first = sign_up(api, email)
    response = refreshed(api, RefreshToken(first.session, 0).sealed(keys.former_session))
    assert response.status_code == 200, response.text
    assert RefreshToken.opened(response.cookies["refresh"], [keys.session]) == RefreshToken(first.session, 1)


def test_a_refreshed_token_knows_of_changed_memberships(api: Api, email: str) -> None:
    first = sign_up(api, email)
    join = "insert into memberships (workspace, user, role, created) values ('harbour', :user, 'viewer', 0)"
    api.database.execute(join, {"user": first.user})
    assert refreshed(api, first.refresh).json()["workspaces"]["harbour"] == "viewer"


def test_two_pages_that_refresh_at_once_go_on_with_the_same_token(api: Api, email: str) -> None:
    first = sign_up(api, email)
    with ThreadPoolExecutor(4) as pages:
        responses = list(pages.map(lambda _: refreshed(api, first.refresh), range(4)))
    assert [each.status_code for each in responses] == [200] * 4
    assert len({each.cookies["refresh"] for each in responses}) == 1


def test_a_token_that_comes_again_ends_the_session(api: Api, email: str) -> None:
    first = sign_up(api, email)
    stolen = refreshed(api, first.refresh).cookies["refresh"]
    long_ago(api, first.session)
    again = refreshed(api, first.refresh)
    check_problem(again, 401)
    assert [each.split("=")[1][:1] for each in again.headers.get_list("set-cookie")] == [";", ";"]
    check_problem(refreshed(api, stolen), 401)
    assert sessions(api, first.user) == []


def test_a_token_of_two_uses_ago_ends_the_session_at_once(api: Api, email: str) -> None:
    first = sign_up(api, email)
    second = refreshed(api, first.refresh).cookies["refresh"]
    refreshed(api, second).raise_for_status()
    check_problem(refreshed(api, first.refresh), 401)
    assert sessions(api, first.user) == []


def test_only_a_genuine_token_of_a_session_counts(api: Api, keys: Keys, email: str) -> None:
    first = sign_up(api, email)
    forged = RefreshToken(first.session, 0).sealed(b"x" * 32)
    unknown = RefreshToken(new_id(), 0).sealed(keys.session)
    for token in ("", "v1", forged, unknown, f"{first.refresh}x", first.refresh.replace(".0.", ".1.")):
        check_problem(refreshed(api, token), 401)
    check_problem(api.door.ask("POST", "/api/session"), 401)
    # None of them was reason to end the session.
    assert refreshed(api, first.refresh).status_code == 200


def test_a_session_that_nobody_used_for_a_month_is_over(api: Api, email: str) -> None:
    first = sign_up(api, email)
    api.database.execute("update sessions set expires = 1 where id = :id", {"id": first.session})
    check_problem(refreshed(api, first.refresh), 401)


def test_signing_out_ends_this_session_and_no_other(api: Api, email: str) -> None:
    here, there = sign_up(api, email), sign_in(api, email)
    response = api.door.ask("DELETE", "/api/session", headers={"shoreline-refresh": here.refresh})
    assert (response.status_code, response.content) == (204, b"")
    assert response.headers.get_list("set-cookie") == [
        "session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax",
        "refresh=; Path=/api/session; Max-Age=0; HttpOnly; SameSite=Strict",
    ]
    check_problem(refreshed(api, here.refresh), 401)
    assert refreshed(api, there.refresh).status_code == 200


def test_signing_out_without_a_session_is_fine(api: Api) -> None:
    assert api.door.ask("DELETE", "/api/session").status_code == 204


def test_signing_out_everywhere_ends_every_session_of_the_person(api: Api, email: str) -> None:
    here, there = sign_up(api, email), sign_in(api, email)
    someone_else = sign_up(api, f"x{email}")
    assert api.door.ask("DELETE", "/api/session/everywhere", here.identity).status_code == 204
    for token in (here.refresh, there.refresh):
        check_problem(refreshed(api, token), 401)
    assert refreshed(api, someone_else.refresh).status_code == 200


def change_password(api: Api, browser: Browser, current: str, password: str) -> httpx.Response:
    body = {"current": current, "password": password}
    return api.door.ask("PUT", "/api/password", browser.identity, json=body)


def test_another_password_ends_the_other_sessions(api: Api, email: str) -> None:
    here, there = sign_up(api, email), sign_in(api, email)
    assert change_password(api, here, PASSWORD, "another password").status_code == 204
    assert sessions(api, here.user) == [here.session]
    check_problem(refreshed(api, there.refresh), 401)
    check_problem(api.door.ask("POST", "/api/sign-in", json={"email": email, "password": PASSWORD}), 401)
    sign_in(api, email, "another password")


def test_another_password_needs_the_one_in_force(api: Api, email: str) -> None:
    here, there = sign_up(api, email), sign_in(api, email)
    document = check_problem(change_password(api, here, "wrong", "another password"), 422)
    assert document["errors"] == [{"path": "body/current", "message": "is not the password of this account"}]
    assert refreshed(api, there.refresh).status_code == 200


@pytest.mark.parametrize("ending", ["session", "user", "password", "reuse"])
def test_the_realtime_services_are_told_what_has_ended(api: Api, email: str, ending: str) -> None:
    here = sign_up(api, email)
    with redis.Redis.from_url(api.cache.url) as client, client.pubsub() as told:
        told.subscribe(CHANNEL)
        until(lambda: told.get_message(timeout=0.1), "subscribed")
        match ending:
            case "session":
                api.door.ask("DELETE", "/api/session", headers={"shoreline-refresh": here.refresh})
                expected = Revocation(kind="session", session=here.session)
            case "user":
                api.door.ask("DELETE", "/api/session/everywhere", here.identity)
                expected = Revocation(kind="user", user=here.user)
            case "password":
                change_password(api, here, PASSWORD, "another password")
                expected = Revocation(kind="user", user=here.user, but=here.session)
            case _:
                refreshed(api, here.refresh)
                long_ago(api, here.session)
                refreshed(api, here.refresh)
                expected = Revocation(kind="session", session=here.session)

        def heard() -> bool | None:
            message = told.get_message(ignore_subscribe_messages=True, timeout=0.1)
            return (message and Revocation.model_validate_json(message["data"]) == expected) or None

        until(heard, f"told of {expected}")


def test_a_refresh_token_shows_no_key_and_no_person() -> None:
    sealed = RefreshToken("019a04c2-64da-7001-85ed-000000000001", 7).sealed(b"k" * 32)
    version, session, generation, code = sealed.split(".")
    assert (version, session, generation) == ("v1", "019a04c2-64da-7001-85ed-000000000001", "7")
    assert len(code) == 43
