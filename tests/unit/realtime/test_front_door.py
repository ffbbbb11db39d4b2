"""The realtime service lets in what the edge signed; services/realtime/doorway.py checks it."""

import time

import httpx
import pytest

from services.common import base64url
from services.common.identity import Identity
from services.common.signature import LIFETIME_SECONDS, sign
from tests.support.problem import check_problem
from tests.support.realtime import TARGET, Realtime
from tests.support.services import FrontDoor

UPGRADE = {
    "connection": "Upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}
Headers = dict[str, str] | list[tuple[str, str]]


def ask(realtime: Realtime, headers: Headers, target: str = TARGET) -> httpx.Response:
    every = [*UPGRADE.items(), *(headers.items() if isinstance(headers, dict) else headers)]
    with httpx.Client(trust_env=False) as client:
        return client.get(f"{realtime.service.url}{target}", headers=every)


def refused(realtime: Realtime, headers: Headers, target: str = TARGET) -> None:
    response = ask(realtime, headers, target)
    assert check_problem(response, 401)["detail"] == (
        "This server answers requests that the edge has signed, and no others."
    )
    assert response.headers["shoreline-refused"] == "signature"


def test_a_signed_upgrade_is_let_in(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        assert socket.recv(timeout=5) == '{"type":"ready"}'


def test_the_former_key_still_signs(realtime: Realtime, ada: Identity) -> None:
    former = base64url.decode(realtime.variables["EDGE_KEYS"].split(",")[1])
    assert ask(realtime, FrontDoor(realtime.service, former).headers("GET", TARGET, ada)).status_code == 101


@pytest.mark.parametrize("target", [TARGET, "/", "/healthz?x", "/healthz/", "/api/statistics"])
def test_without_a_signature_nothing_is_answered(realtime: Realtime, ada: Identity, target: str) -> None:
    refused(realtime, {}, target)
    refused(realtime, {"shoreline-identity": ada.header()}, target)


def test_a_forged_signature_is_refused(realtime: Realtime, ada: Identity) -> None:
    vouched = ada.header()
    forged = sign(b"k" * 32, int(time.time()), "GET", TARGET, vouched)
    refused(realtime, {"shoreline-edge": forged, "shoreline-identity": vouched})


@pytest.mark.parametrize("age", [LIFETIME_SECONDS + 5, 3600, -LIFETIME_SECONDS - 5])
def test_an_expired_signature_is_refused(realtime: Realtime, ada: Identity, age: int) -> None:
    refused(realtime, realtime.door.headers("GET", TARGET, ada, seconds=int(time.time()) - age))


@pytest.mark.parametrize(
    ("method", "signed", "target"),
    [
        ("GET", "/api/statistics", TARGET),
        ("GET", f"{TARGET}?x=1", TARGET),
        ("GET", TARGET, f"{TARGET}?x=1"),
        ("POST", TARGET, TARGET),
    ],
)
def test_a_signature_of_another_target_is_refused(
    realtime: Realtime, ada: Identity, method: str, signed: str, target: str
) -> None:
    refused(realtime, realtime.door.headers(method, signed, ada), target)


def test_a_signature_for_another_person_is_refused(realtime: Realtime, ada: Identity, eve: Identity) -> None:
    genuine = realtime.door.headers("GET", TARGET, ada)
    refused(realtime, {**genuine, "shoreline-identity": eve.header()})
    refused(realtime, {"shoreline-edge": genuine["shoreline-edge"]})
    refused(realtime, [*genuine.items(), ("shoreline-identity", eve.header())])


def test_who_is_not_signed_in_is_told_so(realtime: Realtime) -> None:
    response = ask(realtime, realtime.door.headers("GET", TARGET))
    assert check_problem(response, 401)["detail"] == "Sign in first."
    assert "shoreline-refused" not in response.headers


def test_what_is_no_websocket_is_told_to_be_one(realtime: Realtime, ada: Identity) -> None:
    response = realtime.door.ask("GET", TARGET, ada)
    check_problem(response, 426)
    assert response.headers["upgrade"] == "websocket"


def test_another_path_is_not_found(realtime: Realtime, ada: Identity) -> None:
    check_problem(realtime.door.ask("GET", "/api/realtime/x", ada), 404)


def test_the_health_check_of_the_host_needs_no_signature(realtime: Realtime) -> None:
    response = httpx.get(f"{realtime.service.url}/healthz", trust_env=False)
    assert (response.status_code, response.json()) == (200, {"release": "release-of-the-tests"})
    assert response.headers["content-type"] == "application/json"


@pytest.mark.parametrize("method", ["POST", "HEAD", "DELETE"])
def test_another_method_than_get_gets_nothing(realtime: Realtime, method: str) -> None:
    with httpx.Client(trust_env=False) as client:
        assert client.request(method, f"{realtime.service.url}{TARGET}").status_code >= 400
