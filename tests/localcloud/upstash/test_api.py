"""The local Upstash's control plane through a third-party HTTP client: calls, answers, errors."""

from typing import Any

import pytest
import redis

from tests.support.upstash import Database, UpstashCloud

MIB = 1024 * 1024
WANTED = {"database_name": "fine", "platform": "aws", "primary_region": "us-east-1"}


def test_a_database_lives_from_creation_to_deletion(cloud: UpstashCloud) -> None:
    created = cloud.create("whole-life", plan="fixed_1gb", eviction=True, budget=20).wire
    assert (created["database_name"], created["region"], created["state"]) == (
        "whole-life",
        "global",
        "active",
    )
    assert (created["eviction"], created["budget"], created["tls"]) == (True, 20, True)
    assert (created["type"], created["db_disk_threshold"]) == ("paid", 1024 * MIB)
    assert created["endpoint"].startswith("whole-life-")
    assert created["endpoint"].endswith(".upstash.localhost")
    path = f"/database/{created['database_id']}"
    assert cloud.upstash("GET", path).json() == created
    assert created in cloud.upstash("GET", "/databases").json()
    assert cloud.upstash("DELETE", path).json() == "OK"
    gone = cloud.upstash("GET", path)
    assert (gone.status_code, gone.json()) == (404, {"error": "database not found"})
    assert created not in cloud.upstash("GET", "/databases").json()


def test_credentials_can_be_left_out(cloud: UpstashCloud, database: Database) -> None:
    shown = cloud.upstash("GET", f"/database/{database.id}", params={"credentials": "hide"}).json()
    assert set(database.wire) - set(shown) == {"password", "rest_token", "read_only_rest_token"}


def test_no_two_databases_share_a_port_an_endpoint_or_a_credential(cloud: UpstashCloud) -> None:
    first, second = cloud.create("one").wire, cloud.create("two").wire
    for field in ("database_id", "port", "endpoint", "password", "rest_token", "read_only_rest_token"):
        assert first[field] != second[field]
    assert first["rest_token"] != first["read_only_rest_token"]


@pytest.mark.parametrize("auth", [None, ("local@shoreline.localhost", "wrong"), ("", ""), ("x", "y")])
@pytest.mark.parametrize("path", ["/databases", "/no/such/call"])
def test_a_call_without_the_api_key_is_refused(cloud: UpstashCloud, auth: Any, path: str) -> None:
    answer = cloud.upstash("GET", path, auth=auth)
    assert (answer.status_code, answer.json()) == (401, {"error": "Unauthorized"})


@pytest.mark.parametrize("authorization", ["Bearer x", "Basic ???", "Basic", ""])
def test_a_mistaken_authorization_is_refused(cloud: UpstashCloud, authorization: str) -> None:
    answer = cloud.upstash("GET", "/databases", auth=None, headers={"authorization": authorization})
    assert answer.status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/rename/some-id"),
        ("POST", "/update-regions/some-id"),
        ("POST", "/enable-autoupgrade/some-id"),
        ("GET", "/stats/some-id"),
        ("POST", "/create-backup/some-id"),
        ("POST", "/move-to-team"),
        ("PUT", "/databases"),
        ("GET", "/databases/"),
        ("GET", "/../teams"),
    ],
)
def test_a_call_it_lacks_answers_501_by_name(cloud: UpstashCloud, method: str, path: str) -> None:
    answer = cloud.upstash(method, path)
    shown = "/v2/teams" if path == "/../teams" else f"/v2/redis{path}"
    message = f"the local Upstash does not implement {method} {shown}"
    assert (answer.status_code, answer.json()) == (501, {"error": message})


@pytest.mark.parametrize(
    ("method", "call", "body"),
    [
        ("GET", "database", None),
        ("DELETE", "database", None),
        ("POST", "reset-password", None),
        ("POST", "enable-eviction", None),
        ("POST", "disable-eviction", None),
        ("POST", "change-plan", {"plan_name": "payg"}),
        ("PATCH", "update-budget", {"budget": 1}),
    ],
)
def test_an_absent_database_is_not_found(cloud: UpstashCloud, method: str, call: str, body: object) -> None:
    answer = cloud.upstash(method, f"/{call}/absent", json=body)
    assert (answer.status_code, answer.json()) == (404, {"error": "database not found"})


@pytest.mark.parametrize(
    ("change", "status", "problem"),
    [
        ({"database_name": "Upper"}, 400, "invalid database_name"),
        ({"database_name": "x" * 41}, 400, "invalid database_name"),
        ({"database_name": "../../etc"}, 400, "invalid database_name"),
        ({"database_name": "line\n"}, 400, "invalid database_name"),
        ({"platform": "azure"}, 400, "invalid platform"),
        ({"primary_region": "mars"}, 400, "invalid primary_region for aws: mars"),
        ({"primary_region": "us-central1"}, 400, "invalid primary_region"),
        ({"platform": "gcp"}, 400, "invalid primary_region for gcp: us-east-1"),
        ({"plan": "fixed_2gb"}, 400, "invalid plan"),
        ({"budget": -1}, 400, "invalid budget"),
        ({"eviction": "yes"}, 400, "invalid eviction"),
        ({"evictoin": True}, 400, "invalid evictoin"),
        ({"read_regions": ["us-west-1"]}, 501, "the local Upstash does not implement `read_regions`"),
    ],
)
def test_bad_input_is_refused_by_name(
    cloud: UpstashCloud, change: dict[str, Any], status: int, problem: str
) -> None:
    answer = cloud.upstash("POST", "/database", json=WANTED | change)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(problem)
    assert "fine" not in [each["database_name"] for each in cloud.upstash("GET", "/databases").json()]


def test_a_body_that_is_not_json_or_lacks_fields_is_refused(cloud: UpstashCloud) -> None:
    assert cloud.upstash("POST", "/database", content=b"{").status_code == 400
    assert cloud.upstash("POST", "/database", json={}).json()["error"].startswith("invalid database_name")


def test_a_name_is_taken_once(cloud: UpstashCloud, database: Database) -> None:
    answer = cloud.upstash(
        "POST", "/database", json=WANTED | {"database_name": database.wire["database_name"]}
    )
    assert answer.status_code == 400
    assert "already exists" in answer.json()["error"]


def test_eviction_and_plan_reach_the_engine(cloud: UpstashCloud, database: Database) -> None:
    def limits() -> tuple[int, str]:
        memory: Any = database.tcp().info("memory")
        return memory["maxmemory"], memory["maxmemory_policy"]

    assert limits() == (250 * MIB, "noeviction")
    assert cloud.upstash("POST", f"/enable-eviction/{database.id}").json() == "OK"
    assert limits() == (250 * MIB, "allkeys-random")
    assert (
        cloud.upstash("POST", f"/change-plan/{database.id}", json={"plan_name": "fixed_5gb"}).json() == "OK"
    )
    assert limits() == (5 * 1024 * MIB, "allkeys-random")
    assert cloud.upstash("POST", f"/disable-eviction/{database.id}").json() == "OK"
    assert limits() == (5 * 1024 * MIB, "noeviction")
    shown = cloud.upstash("GET", f"/database/{database.id}").json()
    assert (shown["eviction"], shown["db_disk_threshold"]) == (False, 5 * 1024 * MIB)


def test_a_plan_it_does_not_know_or_the_free_one_is_refused(cloud: UpstashCloud, database: Database) -> None:
    for name in ("free", "fixed_2gb"):
        answer = cloud.upstash("POST", f"/change-plan/{database.id}", json={"plan_name": name})
        assert answer.status_code == 400


def test_a_budget_is_kept(cloud: UpstashCloud, database: Database) -> None:
    path = f"/update-budget/{database.id}"
    assert cloud.upstash("PATCH", path, json={"budget": 360}).json() == "OK"
    assert cloud.upstash("GET", f"/database/{database.id}").json()["budget"] == 360


def test_a_reset_password_ends_the_old_credentials(cloud: UpstashCloud, database: Database) -> None:
    client = database.tcp()
    client.set("kept", "value")
    subscribed = database.tcp().pubsub()
    subscribed.subscribe("channel")
    subscribed.get_message(timeout=5)
    fresh = Database(cloud.upstash("POST", f"/reset-password/{database.id}").json(), database.rest)
    assert (fresh.id, fresh.wire["port"]) == (database.id, database.wire["port"])
    with pytest.raises(redis.ConnectionError):
        subscribed.get_message(timeout=5)
    subscribed.close()
    with pytest.raises(redis.AuthenticationError):
        database.tcp().ping()
    for token in ("rest_token", "read_only_rest_token"):
        with database.http(token) as old:
            assert old.get("/ping").status_code == 401
    assert fresh.tcp().get("kept") == b"value"
    assert fresh.run("GET", "kept") == "value"
