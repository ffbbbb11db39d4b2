"""The servers under Pulumi mocks: which resources they declare, with which inputs, in which order."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pulumi
import pytest
from pulumi.runtime import mocks, rpc

from infra.components.release import Release
from infra.components.servers import Servers
from infra.settings import CloudflareSettings, ServerSettings

awaited: Callable[[Callable[[], pulumi.Output[Any]]], Callable[[], None]] = mocks.test

ZONE = CloudflareSettings(account_id="a" * 32, zone_id="b" * 32, plan="paid")
KEY = base64.urlsafe_b64encode(bytes(range(224, 256))).decode().rstrip("=")
TUNNEL_SECRET = base64.b64encode(bytes(range(224, 256))).decode()
RELEASE = Release("0123456789abcdef", Path.cwd() / "build" / "release")


HOST_KEY = "ssh-ed25519 AAAA"
HOSTS = (
    ServerSettings(name="vps-1", origin_host="vps-1.example.com", host="192.0.2.1", host_key=HOST_KEY),
    ServerSettings(
        name="vps-2", origin_host="vps-2.example.com", host="192.0.2.2", host_key=HOST_KEY, port=2222
    ),
)


class Recorder(mocks.Mocks):
    """Answers every creation as the providers do, and keeps inputs and order by name."""

    def __init__(self) -> None:
        self.inputs: dict[str, dict[str, Any]] = {}
        self.types: dict[str, str] = {}

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        self.inputs[args.name], self.types[args.name] = args.inputs, args.typ
        outputs = {"value": KEY} if args.typ.endswith(":Key") else {}
        return f"{args.name}-id", args.inputs | outputs

    def call(self, args: mocks.MockCallArgs) -> NoReturn:
        raise AssertionError(f"the program calls {args.token}")


@pytest.fixture
def recorder() -> Recorder:
    recorder = Recorder()
    mocks.set_mocks(recorder, project="shoreline", stack="test", preview=False)
    return recorder


def declare(hosts: tuple[ServerSettings, ...] = HOSTS) -> list[dict[str, str]]:
    """Runs the component to its end and returns its origins."""
    found: list[list[dict[str, str]]] = []

    @awaited
    def program() -> pulumi.Output[None]:
        token: pulumi.Output[str] = pulumi.Output.secret("a-database-token")
        servers = Servers(
            "vps",
            hosts,
            zone=ZONE,
            release=RELEASE,
            environment={"PUBLIC_URL": "https://app.example.com", "DATABASE_TOKEN": token},
            ssh_key=pulumi.Output.secret("a-private-key"),
        )
        servers.drain(["fedcba9876543210"], pulumi.ComponentResource("test:index:Edge", "edge"))
        return servers.origins.apply(found.append)

    program()
    return found[0]


def test_every_server_is_an_origin(recorder: Recorder) -> None:
    assert declare() == [
        {"name": "vps-1", "url": "https://vps-1.example.com"},
        {"name": "vps-2", "url": "https://vps-2.example.com"},
    ]
    assert declare(HOSTS[:1]) == [{"name": "vps-1", "url": "https://vps-1.example.com"}]
    assert declare(()) == []


def test_each_server_has_resources_of_its_own(recorder: Recorder) -> None:
    declare()
    kinds = {name: kind.rsplit(":", 1)[-1] for name, kind in recorder.types.items() if "vps-2" in name}
    assert kinds == {
        "vps-2": "Server",
        "vps-2-tunnel": "Tunnel",
        "vps-2-tunnel-secret": "Key",
        "vps-2-tunnel-tunnel": "ZeroTrustTunnelCloudflared",
        "vps-2-tunnel-routes": "ZeroTrustTunnelCloudflaredConfig",
        "vps-2-tunnel-record": "DnsRecord",
        "vps-2-release": "CopyToRemote",
        "vps-2-services": "Command",
        "vps-2-drain": "Command",
        "vps-2-running": "RunningServices",
    }


def test_a_release_reaches_one_server_after_the_other(recorder: Recorder) -> None:
    declare()
    order = list(recorder.inputs)
    assert order.index("vps-1-release") < order.index("vps-1-services") < order.index("vps-2-release")
    assert order.index("vps-1-tunnel-record") < order.index("vps-1-services")


def test_the_release_is_copied_to_a_folder_of_its_id(recorder: Recorder) -> None:
    declare()
    copy = recorder.inputs["vps-2-release"]
    assert copy["remotePath"] == "shoreline/releases/0123456789abcdef"
    assert copy["source"].path == "build/release/"
    assert copy["triggers"] == ["192.0.2.2:2222", "ssh-ed25519 AAAA"]


def test_the_connection_is_secret_and_pins_the_hosts_key(recorder: Recorder) -> None:
    declare()
    for name in ("vps-2-release", "vps-2-services"):
        connection = recorder.inputs[name]["connection"]
        assert rpc.is_rpc_secret(connection)
        assert rpc.unwrap_rpc_secret(connection) == {
            "host": "192.0.2.2",
            "port": 2222,
            "user": "shoreline",
            "privateKey": "a-private-key",
            "hostKey": "ssh-ed25519 AAAA",
            "dialErrorLimit": 2,
            "perDialTimeout": 3,
        }


def test_secrets_go_by_standard_input_only(recorder: Recorder) -> None:
    declare()
    services = recorder.inputs["vps-2-services"]
    assert rpc.is_rpc_secret(services["stdin"])
    given = json.loads(rpc.unwrap_rpc_secret(services["stdin"]))
    front = {
        "PUBLIC_URL": "https://app.example.com",
        "RELEASE": "0123456789abcdef",
        "SERVER_NAME": "vps-2",
    }
    assert given["environments"]["front"] == front
    assert given["environments"]["api"] == {**front, "DATABASE_TOKEN": "a-database-token"}
    assert given["proxy"] == {"ORIGIN_HOST": "vps-2.example.com", "ORIGIN_PORT": "8721"}
    token = json.loads(base64.b64decode(given["tunnel"]["TUNNEL_TOKEN"]))
    assert token == {"a": "a" * 32, "t": "vps-2-tunnel-tunnel-id", "s": TUNNEL_SECRET}
    assert services["create"] == (
        "cd shoreline/releases/0123456789abcdef && exec python3 -B -m services.host activate 0123456789abcdef"
    )
    assert "environment" not in services and services["addPreviousOutputInEnv"] is False
    assert services["logging"] == "none"


def test_former_releases_are_ended_but_those_that_are_kept(recorder: Recorder) -> None:
    declare()
    assert recorder.inputs["vps-1-drain"]["create"] == (
        "cd shoreline/releases/0123456789abcdef"
        " && exec python3 -B -m services.host drain 0123456789abcdef fedcba9876543210"
    )


def test_nothing_on_a_server_is_run_by_a_deletion(recorder: Recorder) -> None:
    declare()
    assert all("delete" not in inputs for inputs in recorder.inputs.values())


def test_the_tunnel_leads_to_the_proxy_whatever_the_host(recorder: Recorder) -> None:
    declare()
    tunnel = recorder.inputs["vps-1-tunnel-tunnel"]
    assert rpc.is_rpc_secret(tunnel["tunnelSecret"])
    assert rpc.unwrap_rpc_secret(tunnel["tunnelSecret"]) == TUNNEL_SECRET
    assert (tunnel["name"], tunnel["configSrc"], tunnel["accountId"]) == ("vps-1", "cloudflare", "a" * 32)
    routes = recorder.inputs["vps-1-tunnel-routes"]
    assert routes["tunnelId"] == "vps-1-tunnel-tunnel-id"
    assert routes["config"]["ingresses"] == [
        {"service": "http://localhost:8721"},
    ]
    record = recorder.inputs["vps-1-tunnel-record"]
    assert (record["name"], record["type"], record["proxied"]) == ("vps-1.example.com", "CNAME", True)
    assert record["content"] == "vps-1-tunnel-tunnel-id.cfargotunnel.com"
