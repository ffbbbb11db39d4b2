"""The edge under Pulumi mocks: which resources it declares, with which inputs, in which order."""

from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from infra.components import edge as edge_module
from infra.settings import CloudflareSettings, EdgeSettings, Front, RolloutSettings

ZONE = CloudflareSettings(account_id="a" * 32, zone_id="b" * 32, plan="paid")
SETTINGS = EdgeSettings(
    name="notes", host="app.example.com", route_host="www.example.com", crons=("0 * * * *",)
)


class ServersOutputs:
    """What the edge reads of the servers component."""

    def __init__(self, entrance: str | None) -> None:
        self.entrance = None if entrance is None else pulumi.Output.from_input(entrance)
        self.origins = pulumi.Output.from_input([{"name": "vps-1", "url": "https://vps-1.example.com"}])
        self.release = "0123456789abcdef"


ENTRANCE = "0000.cfargotunnel.com"


class Recorder(mocks.Mocks):
    """Answers every creation with the inputs, and keeps them by type, and by name."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}
        self.named: dict[str, dict[str, Any]] = {}
        self.order: list[str] = []

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        kind = args.typ.rsplit(":", 1)[-1]
        self.inputs[kind] = self.named[args.name] = args.inputs
        self.order.append(kind)
        return f"{args.name}-id", args.inputs

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]] | None]:
        raise AssertionError(f"the program calls {args.token}")


class DatabaseOutputs:
    """What the edge reads of the database component."""

    def __init__(self) -> None:
        self.url = pulumi.Output.from_input("https://notes.example.turso.io")
        self.token = pulumi.Output.secret("a-token")


class CacheOutputs:
    """What the edge reads of the cache component."""

    def __init__(self) -> None:
        self.rest_url = pulumi.Output.from_input("https://notes.example.upstash.io")
        self.rest_token = pulumi.Output.secret("a-redis-token")


@pytest.fixture
def recorder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Recorder:
    module = tmp_path / "worker.js"
    module.write_text("export default {}")
    monkeypatch.setattr(edge_module, "build_edge", lambda: module)
    recorder = Recorder()
    mocks.set_mocks(recorder, project="shoreline", stack="test", preview=False)
    return recorder


def declare(
    settings: EdgeSettings = SETTINGS,
    entrance: str | None = ENTRANCE,
    front: Front = "edge",
    rollout: RolloutSettings | None = None,
    zone: CloudflareSettings = ZONE,
) -> str:
    """Runs the component to its end and returns its URL."""
    urls: list[str] = []

    @mocks.test  # type: ignore[untyped-decorator]
    def program() -> pulumi.Output[None]:
        edge = edge_module.Edge(
            "edge",
            settings,
            zone=zone,
            database=DatabaseOutputs(),  # type: ignore[arg-type]
            cache=CacheOutputs(),  # type: ignore[arg-type]
            servers=ServersOutputs(entrance),  # type: ignore[arg-type]
            front=front,
            rollout=rollout,
            edge_keys=pulumi.Output.secret("an-edge-key"),
            session_keys=pulumi.Output.secret("a-session-key"),
        )
        return edge.url.apply(urls.append)

    program()
    return urls[0]


def test_the_worker_is_served_by_a_deployment_of_its_version(recorder: Recorder) -> None:
    declare()
    version, deployment = recorder.inputs["WorkerVersion"], recorder.inputs["WorkersDeployment"]
    assert version["workerId"] == "edge-worker-id"
    assert deployment["versions"] == [{"versionId": "edge-version-id", "percentage": 100}]
    assert recorder.order.index("WorkerVersion") < recorder.order.index("WorkersDeployment")


def test_a_roll_out_leaves_the_rest_of_the_visitors_to_the_version_before(recorder: Recorder) -> None:
    before = "0b9a1f3e-1111-4222-8333-444455556666"
    declare(rollout=RolloutSettings(percentage=10, version=before, server_release="0" * 16))
    assert recorder.inputs["WorkersDeployment"]["versions"] == [
        {"versionId": before, "percentage": 90},
        {"versionId": "edge-version-id", "percentage": 10},
    ]


def test_a_version_that_answered_before_is_deployed_alone() -> None:
    before = "0b9a1f3e-1111-4222-8333-444455556666"
    rollout = RolloutSettings(percentage=10, version=before, server_release="0" * 16)
    assert edge_module.shares(before, rollout) == [{"version_id": before, "percentage": 100}]


KEY = "Cloudflare-Workers-Version-Key"
OURS = 'http.host in {"app.example.com" "www.example.com"}'


def keys(recorder: Recorder) -> list[tuple[str, str]]:
    """What each rule matches and sets the version's key to."""
    rules = recorder.inputs["Ruleset"]["rules"]
    assert all(rule["action"] == "rewrite" and rule["enabled"] for rule in rules)
    headers = [rule["actionParameters"]["headers"] for rule in rules]
    assert all(list(each) == [KEY] and each[KEY]["operation"] == "set" for each in headers)
    return [(rule["expression"], each[KEY]["expression"]) for rule, each in zip(rules, headers, strict=True)]


def test_before_a_deployment_rules_keep_each_visitor_with_a_version(recorder: Recorder) -> None:
    declare(zone=ZONE.model_copy(update={"zone_plan": "pro"}))
    assert keys(recorder) == [
        (OURS, "uuidv4(cf.random_seed)"),
        (f'{OURS} and http.cookie contains "visitor="', 'http.request.cookies["visitor"][0]'),
    ]
    ruleset = recorder.inputs["Ruleset"]
    assert (ruleset["zoneId"], ruleset["kind"]) == ("b" * 32, "zone")
    assert ruleset["phase"] == "http_request_late_transform"
    assert recorder.order.index("Ruleset") < recorder.order.index("WorkersDeployment")


def test_where_the_zones_plan_reads_no_cookie_addresses_are_kept_together(recorder: Recorder) -> None:
    declare()
    assert keys(recorder) == [(OURS, "to_string(ip.src)")]


def test_the_zones_rules_are_left_alone_where_the_settings_say_so(recorder: Recorder) -> None:
    declare(SETTINGS.model_copy(update={"affinity": False}))
    assert "Ruleset" not in recorder.inputs and "WorkersDeployment" in recorder.inputs


def test_tokens_are_secret_bindings(recorder: Recorder) -> None:
    declare()
    sent = recorder.inputs["WorkerVersion"]["bindings"]
    assert rpc.is_rpc_secret(sent)
    bindings = {binding["name"]: binding for binding in rpc.unwrap_rpc_secret(sent)}
    assert bindings["DATABASE_TOKEN"]["type"] == bindings["REDIS_TOKEN"]["type"] == "secret_text"
    assert bindings["DATABASE_URL"] == {
        "name": "DATABASE_URL",
        "type": "plain_text",
        "text": "https://notes.example.turso.io",
    }


def test_a_version_is_bound_to_the_release_of_the_servers(recorder: Recorder) -> None:
    declare()
    bindings = rpc.unwrap_rpc_secret(recorder.inputs["WorkerVersion"]["bindings"])
    assert {"name": "SERVER_RELEASE", "type": "plain_text", "text": "0123456789abcdef"} in bindings


def test_hosts_are_bound_after_something_is_deployed_there(recorder: Recorder) -> None:
    declare()
    deployed = recorder.order.index("WorkersDeployment")
    for kind in ("WorkersRoute", "WorkersCronTrigger"):
        assert recorder.order.index(kind) > deployed
    assert recorder.named["edge-host-route"]["pattern"] == "app.example.com/*"
    assert recorder.named["edge-route"]["pattern"] == "www.example.com/*"
    assert recorder.inputs["WorkersCronTrigger"]["schedules"] == [{"cron": "0 * * * *"}]


def test_what_runs_no_worker_goes_into_the_tunnel(recorder: Recorder) -> None:
    declare()
    for name, host in (("edge-host-record", "app.example.com"), ("edge-record", "www.example.com")):
        record = recorder.named[name]
        assert (record["name"], record["type"], record["content"]) == (host, "CNAME", ENTRANCE)
        assert record["proxied"] is True


def test_with_the_server_in_front_no_host_runs_the_worker(recorder: Recorder) -> None:
    assert declare(front="server") == "https://app.example.com"
    assert "WorkersRoute" not in recorder.inputs
    assert recorder.named["edge-host-record"]["content"] == ENTRANCE
    assert "WorkersDeployment" in recorder.inputs


def test_without_a_server_the_hosts_have_no_origin(recorder: Recorder) -> None:
    declare(entrance=None)
    assert (recorder.named["edge-host-record"]["type"], recorder.named["edge-host-record"]["content"]) == (
        "AAAA",
        "100::",
    )


def test_the_cpu_limit_is_sent_only_if_it_is_set(recorder: Recorder) -> None:
    declare()
    assert "limits" not in recorder.inputs["WorkerVersion"]
    declare(SETTINGS.model_copy(update={"cpu_ms": 50}))
    assert recorder.inputs["WorkerVersion"]["limits"] == {"cpuMs": 50}


def test_the_url_is_the_public_one(recorder: Recorder) -> None:
    assert declare() == "https://app.example.com"
