"""Workspaces made, joined and left: each answers with a token that knows of it."""

import uuid
from typing import Any

import httpx
import jwt
import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.notes import insert_workspace
from tests.support.problem import check_problem
from tests.support.services import Keys
from tests.unit.api.conftest import Api


@pytest.fixture
def name() -> str:
    """Of a workspace that is not there yet."""
    return f"w-{uuid.uuid4().hex[:12]}"


def post(api: Api, who: Identity, path: str, **body: object) -> httpx.Response:
    return api.door.ask("POST", path, who, **({"json": body} if body else {}))


def claims(response: httpx.Response, keys: Keys) -> dict[str, Any]:
    token: dict[str, Any] = jwt.decode(response.cookies["session"], keys.session, algorithms=["HS256"])
    return token


def test_who_makes_a_workspace_owns_it(api: Api, keys: Keys, ada: Identity, name: str) -> None:
    response = post(api, ada, "/api/workspaces", id=name, name="Ours")
    assert response.status_code == 201
    made = response.json()
    assert {**made, "created": 0} == {
        "id": name,
        "name": "Ours",
        "open": False,
        "role": "owner",
        "created": 0,
    }
    assert response.headers["location"] == f"/api/workspaces/{name}"
    token = claims(response, keys)
    assert (token["sub"], token["name"], token["ws"]) == (ada.user, ada.name, {name: "owner"})


def test_an_id_is_one_workspace(api: Api, ada: Identity, name: str) -> None:
    post(api, ada, "/api/workspaces", id=name, name="Ours")
    document = check_problem(post(api, ada, "/api/workspaces", id=name, name="Mine"), 409)
    assert document["errors"] == [{"path": "body/id", "message": "belongs to a workspace already"}]


def test_anybody_signed_in_may_join_an_open_workspace(api: Api, keys: Keys, ada: Identity, name: str) -> None:
    insert_workspace(api.database, name)
    response = post(api, ada, f"/api/workspaces/{name}/join")
    assert (response.status_code, response.json()) == (200, {"workspace": name, "role": "editor"})
    assert claims(response, keys)["ws"] == {name: "editor"}


def test_joining_again_changes_no_role(api: Api, keys: Keys, ada: Identity, name: str) -> None:
    insert_workspace(api.database, name, {ada.user: "admin"}, open=False)
    response = post(api, ada, f"/api/workspaces/{name}/join")
    assert response.json() == {"workspace": name, "role": "admin"}
    assert claims(response, keys)["ws"] == {name: "admin"}


def test_nobody_joins_a_closed_workspace_or_none(api: Api, ada: Identity, name: str) -> None:
    told = check_problem(post(api, ada, f"/api/workspaces/{name}/join"), 404)["detail"]
    insert_workspace(api.database, name, open=False)
    assert check_problem(post(api, ada, f"/api/workspaces/{name}/join"), 404)["detail"] == told


def test_who_leaves_is_no_member(api: Api, keys: Keys, ada: Identity, name: str) -> None:
    insert_workspace(api.database, name, {ada.user: "editor"})
    response = post(api, ada, f"/api/workspaces/{name}/leave")
    assert response.json() == {"workspace": name, "role": None}
    assert claims(response, keys)["ws"] == {}
    check_problem(post(api, ada, f"/api/workspaces/{name}/leave"), 403)


def test_one_owner_stays(api: Api, ada: Identity, name: str) -> None:
    insert_workspace(api.database, name, {ada.user: "owner", "somebody": "admin"})
    check_problem(post(api, ada, f"/api/workspaces/{name}/leave"), 409)
    insert_workspace(api.database, name, {"another": "owner"})
    assert post(api, ada, f"/api/workspaces/{name}/leave").status_code == 200


def asked(api: Api, who: Identity, workspace: str) -> int:
    return api.door.ask("GET", f"/api/workspaces/{workspace}/members", who).status_code


def test_a_token_that_holds_all_is_believed_without_a_trip(api: Api, ada: Identity, name: str) -> None:
    insert_workspace(api.database, name, {ada.user: "owner"})
    with api.gate.counted() as passed:
        assert asked(api, ada, name) == 403
    assert passed == []


def test_a_token_that_could_not_hold_all_is_looked_up(api: Api, name: str) -> None:
    many = Identity(user=new_id(), name="Ada", more=True)
    insert_workspace(api.database, name, open=False)
    assert asked(api, many, name) == 403
    insert_workspace(api.database, name, {many.user: "viewer"}, open=False)
    assert asked(api, many, name) == 200
    response = post(api, many, f"/api/workspaces/{name}/notes", title="T", body="")
    assert check_problem(response, 403)["detail"] == "Your role in this workspace does not allow this."
