"""The local Turso's control plane through a third-party HTTP client: calls, answers, errors."""

from collections.abc import Iterator
from typing import Any

import httpx
import jwt
import pytest

from infra.localcloud.turso.model import expiration_seconds, size_bytes
from tests.support.cloud import Hrana, LocalCloud

NOT_THERE = {"error": "could not find database with name [absent]: record not found"}


@pytest.fixture(scope="module", autouse=True)
def group(cloud: LocalCloud) -> str:
    cloud.turso("POST", "/groups", json={"name": "api", "location": "aws-us-east-1"}).raise_for_status()
    return "api"


@pytest.fixture
def database(cloud: LocalCloud, request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """A database named after its test, as its creation answered; gone afterwards."""
    name = request.node.originalname.replace("_", "-").removeprefix("test-")[-60:].strip("-")
    yield _create(cloud, name)
    cloud.turso("PATCH", f"/databases/{name}/configuration", json={"delete_protection": False})
    cloud.turso("DELETE", f"/databases/{name}")


def _create(cloud: LocalCloud, name: str, **more: str) -> dict[str, Any]:
    answer = cloud.turso("POST", "/databases", json={"name": name, "group": "api", **more})
    assert answer.status_code == 200, answer.text
    created: dict[str, Any] = answer.json()["database"]
    return created


def _open(cloud: LocalCloud, database: dict[str, Any], **parameters: str) -> Hrana:
    answer = cloud.turso("POST", f"/databases/{database['Name']}/auth/tokens", params=parameters)
    return Hrana(cloud, database["Hostname"], answer.json()["jwt"])


def test_the_account_has_one_organization(cloud: LocalCloud) -> None:
    url = f"{cloud.endpoints.turso_api.url}/v1/organizations"
    headers = {"authorization": "Bearer local-turso-token-that-opens-only-loopback"}
    answer = httpx.get(url, headers=headers, trust_env=False)
    assert [(entry["name"], entry["slug"]) for entry in answer.json()] == [("shoreline", "shoreline")]


@pytest.mark.parametrize("path", ["/groups", "/databases", "/no/such/call"])
@pytest.mark.parametrize("authorization", ["", "Bearer wrong", "Basic bG9jYWw="])
def test_a_call_without_the_token_is_refused(cloud: LocalCloud, path: str, authorization: str) -> None:
    answer = cloud.turso("GET", path, headers={"authorization": authorization})
    assert answer.status_code == 401
    assert set(answer.json()) == {"error"}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/groups/api/locations/aws-eu-west-1"),
        ("POST", "/groups/api/auth/tokens"),
        ("GET", "/databases/absent/instances"),
        ("PUT", "/databases"),
        ("GET", "/databases/"),
        ("GET", "/members"),
    ],
)
def test_a_call_it_lacks_answers_501_by_name(cloud: LocalCloud, method: str, path: str) -> None:
    answer = cloud.turso(method, path)
    message = f"the local Turso does not implement {method} /v1/organizations/shoreline{path}"
    assert (answer.status_code, answer.json()) == (501, {"error": message})


def test_a_foreign_organization_is_not_found(cloud: LocalCloud) -> None:
    answer = cloud.turso("GET", "/../other/groups")
    assert answer.status_code == 404
    assert answer.json() == {"error": "could not find organization with name [other]: record not found"}


def test_a_group_lives_from_creation_to_deletion(cloud: LocalCloud) -> None:
    wanted = {"name": "short", "location": "aws-eu-west-1"}
    created = cloud.turso("POST", "/groups", json=wanted).json()["group"]
    assert created["locations"] == ["aws-eu-west-1"]
    assert created["primary"] == "aws-eu-west-1"
    assert cloud.turso("GET", "/groups/short").json() == {"group": created}
    assert created in cloud.turso("GET", "/groups").json()["groups"]
    again = cloud.turso("POST", "/groups", json=wanted)
    assert (again.status_code, again.json()) == (409, {"error": "group already exists"})
    assert cloud.turso("DELETE", "/groups/short").json() == {"group": created}
    gone = cloud.turso("GET", "/groups/short")
    assert (gone.status_code, gone.json()) == (404, {"error": "group not found"})


def test_deleting_a_group_deletes_its_databases(cloud: LocalCloud) -> None:
    cloud.turso("POST", "/groups", json={"name": "doomed", "location": "aws-us-east-1"})
    answer = cloud.turso("POST", "/databases", json={"name": "doomed", "group": "doomed"})
    hrana = _open(cloud, answer.json()["database"])
    assert cloud.turso("DELETE", "/groups/doomed").status_code == 200
    assert cloud.turso("GET", "/databases/doomed").status_code == 404
    assert hrana.execute("select 1").status_code == 404


def test_a_database_lives_from_creation_to_deletion(cloud: LocalCloud) -> None:
    created = _create(cloud, "whole-life")
    assert created["Hostname"] == "whole-life-shoreline.turso.localhost"
    shown = cloud.turso("GET", "/databases/whole-life").json()["database"]
    assert created.items() <= shown.items()
    assert (shown["group"], shown["primaryRegion"]) == ("api", "aws-us-east-1")
    assert shown["regions"] == ["aws-us-east-1"]
    assert (shown["block_reads"], shown["block_writes"], shown["delete_protection"]) == (False, False, False)
    assert shown in cloud.turso("GET", "/databases", params={"group": "api"}).json()["databases"]
    assert cloud.turso("GET", "/databases", params={"group": "other"}).json() == {"databases": []}
    again = cloud.turso("POST", "/databases", json={"name": "whole-life", "group": "api"})
    message = "database with name [whole-life] already exists"
    assert (again.status_code, again.json()) == (409, {"error": message})
    assert cloud.turso("DELETE", "/databases/whole-life").json() == {"database": "whole-life"}
    assert cloud.turso("DELETE", "/databases/whole-life").status_code == 404


def test_a_database_created_again_is_empty_and_knows_no_old_token(cloud: LocalCloud) -> None:
    old = _open(cloud, _create(cloud, "phoenix"))
    old.results("create table ash (x)")
    cloud.turso("DELETE", "/databases/phoenix").raise_for_status()
    new = _open(cloud, _create(cloud, "phoenix"))
    assert new.value("select count(*) from sqlite_schema") == "0"
    assert old.execute("select 1").status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/databases/absent", None),
        ("DELETE", "/databases/absent", None),
        ("GET", "/databases/absent/configuration", None),
        ("PATCH", "/databases/absent/configuration", {}),
        ("POST", "/databases/absent/auth/tokens", None),
        ("POST", "/databases/absent/auth/rotate", None),
        ("GET", "/databases/absent/usage", None),
    ],
)
def test_an_absent_database_is_not_found(cloud: LocalCloud, method: str, path: str, body: object) -> None:
    answer = cloud.turso(method, path, json=body) if body is not None else cloud.turso(method, path)
    assert (answer.status_code, answer.json()) == (404, NOT_THERE)


@pytest.mark.parametrize(
    ("path", "body", "problem"),
    [
        ("/databases", {"name": "Upper", "group": "api"}, "invalid name"),
        ("/databases", {"name": "x" * 65, "group": "api"}, "invalid name"),
        ("/databases", {"name": "line\n", "group": "api"}, "invalid name"),
        ("/databases", {"name": "../../etc", "group": "api"}, "invalid name"),
        ("/databases", {"name": "fine", "group": "absent"}, "group not found"),
        ("/databases", {"name": "fine", "group": "api", "size_limit": "much"}, "invalid size_limit"),
        ("/databases", {"name": "fine"}, "invalid group"),
        ("/databases", {"name": "fine", "group": "api", "sise_limit": "1gb"}, "invalid sise_limit"),
        ("/databases", [], "invalid body"),
        ("/groups", {"name": "fine", "location": "mars"}, "invalid location: mars"),
    ],
)
def test_bad_input_is_refused_by_name(cloud: LocalCloud, path: str, body: object, problem: str) -> None:
    answer = cloud.turso("POST", path, json=body)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(problem)
    assert cloud.turso("GET", "/databases/fine").status_code == 404


def test_a_body_that_is_not_json_is_refused(cloud: LocalCloud) -> None:
    assert cloud.turso("POST", "/databases", content=b"{").status_code == 400


def test_configuration_is_kept_and_changed_in_part(cloud: LocalCloud, database: dict[str, Any]) -> None:
    path = f"/databases/{database['Name']}/configuration"
    before = cloud.turso("GET", path).json()
    off = dict.fromkeys(("block_reads", "block_writes", "delete_protection"), False)
    assert before == {"size_limit": "0", **off}
    changed = cloud.turso("PATCH", path, json={"block_writes": True}).json()
    assert changed == {**before, "block_writes": True}
    assert cloud.turso("GET", path).json() == changed
    assert cloud.turso("PATCH", path, json={"size_limit": "lots"}).status_code == 400


def test_blocked_writes_and_reads_are_blocked(cloud: LocalCloud, database: dict[str, Any]) -> None:
    path = f"/databases/{database['Name']}/configuration"
    hrana = _open(cloud, database)
    hrana.results("create table t (x)")
    cloud.turso("PATCH", path, json={"block_writes": True}).raise_for_status()
    assert _error(hrana, "insert into t values (1)")["code"] == "BLOCKED"
    assert hrana.value("select count(*) from t") == "0"
    cloud.turso("PATCH", path, json={"block_reads": True}).raise_for_status()
    assert _error(hrana, "select count(*) from t")["code"] == "BLOCKED"
    cloud.turso("PATCH", path, json={"block_reads": False, "block_writes": False}).raise_for_status()
    hrana.results("insert into t values (1)")


def test_a_size_limit_is_enforced_and_can_be_lifted(cloud: LocalCloud, database: dict[str, Any]) -> None:
    path = f"/databases/{database['Name']}/configuration"
    hrana = _open(cloud, database)
    hrana.results("create table t (x)")
    cloud.turso("PATCH", path, json={"size_limit": "100kb"}).raise_for_status()
    assert _error(hrana, "insert into t values (randomblob(500000))")["code"] == "SQLITE_FULL"
    cloud.turso("PATCH", path, json={"size_limit": "0"}).raise_for_status()
    hrana.results("insert into t values (randomblob(500000))")


def _error(hrana: Hrana, statement: str) -> dict[str, str]:
    error: dict[str, str] = hrana.execute(statement).json()["results"][0]["error"]
    return error


def test_a_protected_database_cannot_be_deleted(cloud: LocalCloud, database: dict[str, Any]) -> None:
    path = f"/databases/{database['Name']}"
    cloud.turso("PATCH", f"{path}/configuration", json={"delete_protection": True}).raise_for_status()
    assert cloud.turso("DELETE", path).status_code == 403
    assert cloud.turso("DELETE", "/groups/api").status_code == 403
    assert cloud.turso("GET", path).status_code == 200


def test_usage_counts_rows_and_bytes(cloud: LocalCloud, database: dict[str, Any]) -> None:
    hrana = _open(cloud, database)
    hrana.results("create table t (x)", "insert into t values (1), (2), (3)", "select * from t")
    usage = cloud.turso("GET", f"/databases/{database['Name']}/usage").json()["database"]
    assert usage["uuid"] == database["DbId"]
    assert usage["total"]["rows_read"] >= 3
    assert usage["total"]["rows_written"] >= 3
    assert usage["total"]["storage_bytes"] > 0


def test_a_token_says_its_access_and_its_end(cloud: LocalCloud, database: dict[str, Any]) -> None:
    forever = _claims(_open(cloud, database))
    assert (forever["a"], forever["id"]) == ("rw", database["Hostname"].split(".")[0])
    assert "exp" not in forever
    brief = _claims(_open(cloud, database, expiration="1d12h", authorization="read-only"))
    assert brief["a"] == "ro"
    assert brief["exp"] - brief["iat"] == 36 * 3600


def _claims(hrana: Hrana) -> dict[str, Any]:
    assert hrana.token is not None
    return jwt.decode(hrana.token, options={"verify_signature": False})


@pytest.mark.parametrize("expiration", ["", "2", "w", "2y", "1h1d", "-1d", "1.5d", "0d", "Never", " 1d"])
def test_a_mistaken_expiration_is_refused(
    cloud: LocalCloud, database: dict[str, Any], expiration: str
) -> None:
    path = f"/databases/{database['Name']}/auth/tokens"
    answer = cloud.turso("POST", path, params={"expiration": expiration})
    assert (answer.status_code, answer.json()) == (400, {"error": "Invalid expiration format"})


def test_a_mistaken_authorization_is_refused(cloud: LocalCloud, database: dict[str, Any]) -> None:
    path = f"/databases/{database['Name']}/auth/tokens"
    assert cloud.turso("POST", path, params={"authorization": "root"}).status_code == 400
    assert cloud.turso("POST", path, json={"permissions": {}}).status_code == 501


@pytest.mark.parametrize(
    ("expiration", "seconds"),
    [("never", None), ("2w", 1_209_600), ("1d12h", 129_600), ("2w1d30m", 1_297_800), ("90s", 90)],
)
def test_expirations_are_understood(expiration: str, seconds: int | None) -> None:
    assert expiration_seconds(expiration) == seconds


@pytest.mark.parametrize(
    ("size_limit", "size"),
    [("10000", 10_000), ("256mb", 256_000_000), ("1GB", 10**9), ("0", 0), ("1 kb", 1000), ("x", None)],
)
def test_size_limits_are_understood(size_limit: str, size: int | None) -> None:
    assert size_bytes(size_limit) == size
