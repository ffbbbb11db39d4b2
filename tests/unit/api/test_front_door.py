"""The api answers the edge and nobody else; services/common/front_door.py checks it."""

import time

import httpx
import pytest

from services.common.identity import Identity
from services.common.signature import LIFETIME_SECONDS, sign
from tests.support.problem import check_problem
from tests.support.services import FrontDoor, Keys
from tests.unit.api.conftest import Api

TARGET = "/api/workspaces?after=x&limit=1"
Headers = dict[str, str] | list[tuple[str, str]]


def refused(api: Api, method: str, target: str, headers: Headers) -> None:
    """Refused for its signature, whatever else the request would have got."""
    with httpx.Client(trust_env=False) as client:
        response = client.request(method, f"{api.door.service.url}{target}", headers=headers)
    assert response.status_code == 401
    assert response.headers["shoreline-refused"] == "signature"
    if method != "HEAD":
        detail = check_problem(response, 401)["detail"]
        assert detail == "This server answers requests that the edge has signed, and no others."


def test_a_signed_request_is_answered(api: Api, ada: Identity) -> None:
    assert api.door.ask("GET", TARGET, ada).json() == {"workspaces": [], "next": None}


def test_the_former_key_still_signs(api: Api, keys: Keys, ada: Identity) -> None:
    assert FrontDoor(api.door.service, keys.former_edge).ask("GET", TARGET, ada).status_code == 200


@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
@pytest.mark.parametrize(
    "target", ["/", TARGET, "/api/sign-in", "/api/none", "/healthz/", "/healthz?x", "//healthz"]
)
def test_without_a_signature_nothing_is_answered(api: Api, method: str, target: str) -> None:
    refused(api, method, target, {})


def test_an_identity_alone_opens_nothing(api: Api, ada: Identity) -> None:
    refused(api, "GET", TARGET, {"shoreline-identity": ada.header()})


def test_a_forged_signature_is_refused(api: Api, ada: Identity) -> None:
    vouched = ada.header()
    forged = sign(b"k" * 32, int(time.time()), "GET", TARGET, vouched)
    refused(api, "GET", TARGET, {"shoreline-edge": forged, "shoreline-identity": vouched})


@pytest.mark.parametrize("age", [LIFETIME_SECONDS + 5, 3600, -LIFETIME_SECONDS - 5])
def test_an_expired_signature_is_refused(api: Api, ada: Identity, age: int) -> None:
    refused(api, "GET", TARGET, api.door.headers("GET", TARGET, ada, seconds=int(time.time()) - age))


@pytest.mark.parametrize(
    ("method", "target"),
    [
        ("GET", "/api/workspaces"),
        ("GET", "/api/workspaces?after=x&limit=1&x=1"),
        ("GET", "/api/workspaces?after=%78&limit=1"),
        ("GET", "/api/exports/1"),
        ("POST", TARGET),
        ("HEAD", TARGET),
    ],
)
def test_a_signature_replayed_on_another_target_is_refused(
    api: Api, ada: Identity, method: str, target: str
) -> None:
    refused(api, method, target, api.door.headers("GET", TARGET, ada))


def test_a_signature_replayed_for_another_person_is_refused(api: Api, ada: Identity) -> None:
    other = Identity(user="somebody-else", name="Eve").header()
    genuine = api.door.headers("GET", TARGET, ada)
    refused(api, "GET", TARGET, {**genuine, "shoreline-identity": other})
    refused(api, "GET", TARGET, {"shoreline-edge": genuine["shoreline-edge"]})


def test_two_identities_are_none(api: Api, ada: Identity) -> None:
    genuine = api.door.headers("GET", TARGET, ada)
    refused(api, "GET", TARGET, [*genuine.items(), ("shoreline-identity", "e30")])
    refused(api, "GET", TARGET, [*genuine.items(), ("shoreline-edge", genuine["shoreline-edge"])])


def test_the_health_check_of_the_host_needs_no_signature(api: Api) -> None:
    response = httpx.get(f"{api.door.service.url}/healthz", trust_env=False)
    assert (response.status_code, response.json()) == (200, {"release": "release-of-the-tests"})


def test_who_is_not_signed_in_is_told_so(api: Api) -> None:
    response = api.door.ask("GET", TARGET)
    assert check_problem(response, 401)["detail"] == "Sign in first."
    assert "shoreline-refused" not in response.headers
