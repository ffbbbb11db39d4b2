"""Members: invited by a link that is good once, given another role, removed."""

import json
import uuid
from typing import Any

import httpx
import jwt
import pytest
import redis

from services.common.identity import Identity
from services.common.ids import new_id, now_ms
from services.common.revocations import CHANNEL
from tests.support.notes import insert_workspace
from tests.support.problem import check_problem
from tests.support.services import Keys
from tests.unit.api.conftest import Api

NOT_ALLOWED = "Your role in this workspace does not allow this."


@pytest.fixture
def bob() -> Identity:
    return Identity(user=new_id(), name="Bob")


@pytest.fixture
def ours(api: Api, ada: Identity, bob: Identity) -> str:
    """A closed workspace, which is Ada's; Bob is in no workspace."""
    name = f"w-{uuid.uuid4().hex[:12]}"
    insert_workspace(api.database, name, {ada.user: "owner"}, open=False)
    return name


def as_(who: Identity, workspace: str, role: str) -> Identity:
    """With a token that says so."""
    return Identity.model_validate({"user": who.user, "name": who.name, "ws": {workspace: role}})


def ask(api: Api, method: str, path: str, who: Identity, **body: object) -> httpx.Response:
    return api.door.ask(method, path, who, **({"json": body} if body else {}))


def invite(api: Api, who: Identity, workspace: str, role: str, **body: object) -> httpx.Response:
    return ask(api, "POST", f"/api/workspaces/{workspace}/invitations", who, role=role, **body)


def accept(api: Api, who: Identity, secret: str) -> httpx.Response:
    return ask(api, "POST", "/api/invitations/accept", who, secret=secret)


def role_of(api: Api, workspace: str, who: Identity) -> Any:
    sql = f"select role from memberships where workspace = '{workspace}' and user = '{who.user}'"  # noqa: S608
    found = api.database.execute(sql)
    return found[0][0] if found else None


def test_an_invitation_makes_a_member_once(
    api: Api, keys: Keys, ada: Identity, bob: Identity, ours: str
) -> None:
    made = invite(api, as_(ada, ours, "owner"), ours, "editor")
    assert made.status_code == 201
    secret = made.json()["secret"]
    stored = str(api.database.execute(f"select * from invitations where workspace = '{ours}'"))  # noqa: S608
    assert secret not in stored

    response = accept(api, bob, secret)
    assert (response.status_code, response.json()) == (200, {"workspace": ours, "role": "editor"})
    assert jwt.decode(response.cookies["session"], keys.session, algorithms=["HS256"])["ws"] == {
        ours: "editor"
    }
    assert role_of(api, ours, bob) == "editor"
    check_problem(accept(api, Identity(user=new_id(), name="Eve"), secret), 404)


def test_a_member_keeps_the_role_and_leaves_the_invitation(
    api: Api, ada: Identity, bob: Identity, ours: str
) -> None:
    secret = invite(api, as_(ada, ours, "owner"), ours, "viewer").json()["secret"]
    assert accept(api, ada, secret).json() == {"workspace": ours, "role": "owner"}
    assert accept(api, bob, secret).json() == {"workspace": ours, "role": "viewer"}


def test_invitations_are_listed_and_revoked_without_their_secret(
    api: Api, ada: Identity, bob: Identity, ours: str
) -> None:
    owner = as_(ada, ours, "owner")
    made = invite(api, owner, ours, "viewer", days=1).json()
    path = f"/api/workspaces/{ours}/invitations"
    [listed] = ask(api, "GET", path, owner).json()["invitations"]
    assert listed["id"] == made["id"]
    assert listed["role"] == "viewer"
    assert "secret" not in listed
    assert ask(api, "DELETE", f"{path}/{made['id']}", owner).status_code == 204
    assert ask(api, "GET", path, owner).json()["invitations"] == []
    check_problem(accept(api, bob, made["secret"]), 404)
    check_problem(ask(api, "DELETE", f"{path}/{made['id']}", owner), 404)


def test_an_invitation_ends(api: Api, ada: Identity, bob: Identity, ours: str) -> None:
    owner = as_(ada, ours, "owner")
    secret = invite(api, owner, ours, "viewer").json()["secret"]
    api.database.execute(f"update invitations set expires = {now_ms()} where workspace = '{ours}'")  # noqa: S608
    check_problem(accept(api, bob, secret), 404)
    assert ask(api, "GET", f"/api/workspaces/{ours}/invitations", owner).json()["invitations"] == []


@pytest.mark.parametrize(("own", "given", "status"), [("admin", "admin", 201), ("admin", "owner", 403)])
def test_nobody_invites_above_their_own_role(
    api: Api, bob: Identity, ours: str, own: str, given: str, status: int
) -> None:
    insert_workspace(api.database, ours, {bob.user: own}, open=False)
    assert invite(api, as_(bob, ours, own), ours, given).status_code == status


def test_a_token_of_a_former_role_changes_nothing(api: Api, ada: Identity, bob: Identity, ours: str) -> None:
    """What a token says may be minutes old."""
    insert_workspace(api.database, ours, {bob.user: "viewer"}, open=False)
    former = as_(bob, ours, "owner")
    assert check_problem(invite(api, former, ours, "viewer"), 403)["detail"] == NOT_ALLOWED
    path = f"/api/workspaces/{ours}/members/{ada.user}"
    check_problem(ask(api, "PUT", path, former, role="viewer"), 403)
    check_problem(ask(api, "DELETE", path, former), 403)
    assert role_of(api, ours, ada) == "owner"


def test_an_invitation_by_who_was_removed_is_not_good(
    api: Api, ada: Identity, bob: Identity, ours: str
) -> None:
    insert_workspace(api.database, ours, {bob.user: "admin"}, open=False)
    secret = invite(api, as_(bob, ours, "admin"), ours, "admin").json()["secret"]
    ask(api, "DELETE", f"/api/workspaces/{ours}/members/{bob.user}", as_(ada, ours, "owner"))
    check_problem(accept(api, Identity(user=new_id(), name="Eve"), secret), 404)


def test_a_role_is_changed_and_the_sockets_are_told(
    api: Api, ada: Identity, bob: Identity, ours: str
) -> None:
    insert_workspace(api.database, ours, {bob.user: "viewer"}, open=False)
    path, owner = f"/api/workspaces/{ours}/members/{bob.user}", as_(ada, ours, "owner")
    with redis.Redis.from_url(api.cache.url) as client, client.pubsub() as heard:
        heard.subscribe(CHANNEL)
        assert heard.get_message(timeout=10) is not None
        response = ask(api, "PUT", path, owner, role="admin")
        assert response.json() == {"user": bob.user, "role": "admin"}
        assert role_of(api, ours, bob) == "admin"
        assert ask(api, "DELETE", path, owner).status_code == 204
        assert role_of(api, ours, bob) is None
        told = [heard.get_message(timeout=10) for _ in range(2)]
    wanted = {"kind": "membership", "workspace": ours, "user": bob.user}
    assert [json.loads(each["data"]) for each in told if each] == [wanted, wanted]
    check_problem(ask(api, "DELETE", path, owner), 404)


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_nobody_takes_from_who_has_more(
    api: Api, ada: Identity, bob: Identity, ours: str, method: str
) -> None:
    insert_workspace(api.database, ours, {bob.user: "admin", "another": "owner"}, open=False)
    path = f"/api/workspaces/{ours}/members/{ada.user}"
    body = {"role": "viewer"} if method == "PUT" else {}
    assert (
        check_problem(ask(api, method, path, as_(bob, ours, "admin"), **body), 403)["detail"] == NOT_ALLOWED
    )
    assert role_of(api, ours, ada) == "owner"


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_the_last_owner_stays_one(api: Api, ada: Identity, ours: str, method: str) -> None:
    path, owner = f"/api/workspaces/{ours}/members/{ada.user}", as_(ada, ours, "owner")
    body = {"role": "editor"} if method == "PUT" else {}
    check_problem(ask(api, method, path, owner, **body), 409)
    insert_workspace(api.database, ours, {"another": "owner"}, open=False)
    assert ask(api, method, path, owner, **body).status_code < 300
