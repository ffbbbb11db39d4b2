"""The stand-in sends what the official plugin was recorded to send (tests/wire), in the same order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.toolchain.plugins.values import Values, decode
from tests.unit.plugins.cloudflare_stub import TOKEN, CloudflareStub
from tests.unit.plugins.plugin import Plugin
from tests.unit.plugins.recording import sections

CF = "cloudflare:index"
TUNNEL = f"{CF}/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared"
TUNNEL_CONFIG = f"{CF}/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig"
DNS = f"{CF}/dnsRecord:DnsRecord"
CRON = f"{CF}/workersCronTrigger:WorkersCronTrigger"
DOMAIN = f"{CF}/workersCustomDomain:WorkersCustomDomain"
RULESET = f"{CF}/ruleset:Ruleset"
ROUTE = f"{CF}/workersRoute:WorkersRoute"
WORKER = f"{CF}/worker:Worker"
VERSION = f"{CF}/workerVersion:WorkerVersion"
DEPLOYMENT = f"{CF}/workersDeployment:WorkersDeployment"

TUNNEL_ID = "25051513dbd84005b5ca5de02d37fec2"
WORKER_ID = "d56b704fc4ae4c81aa3cb011560c8afb"
RECORDED_IDS = (
    TUNNEL_ID,
    "2e536f49255d4575a086a15f36a86e45",
    "96d79065f13447ab9ba936fd6042a14e",
    "be5a2e8d97554a8c952530dbee7cf276",
    WORKER_ID,
    "35f141a46da64613a3919aef4f9bc50d",
    "deployment",
    "067c260dd1214f369f8991e53b6c0d74",
    "deployment",
)

INPUTS: dict[str, Values] = {
    TUNNEL: {"accountId": "ACCOUNT", "name": "origin", "configSrc": "cloudflare", "tunnelSecret": "c2VjcmV0"},
    DNS: {
        "zoneId": "ZONE",
        "name": "origin.example.com",
        "type": "CNAME",
        "content": "x.cfargotunnel.com",
        "ttl": 1,
        "proxied": True,
    },
    TUNNEL_CONFIG: {
        "accountId": "ACCOUNT",
        "tunnelId": TUNNEL_ID,
        "config": {
            "ingresses": [
                {"hostname": "origin.example.com", "service": "http://localhost:8000"},
                {"service": "http_status:404"},
            ]
        },
    },
    CRON: {"accountId": "ACCOUNT", "scriptName": "edge", "schedules": [{"cron": "*/5 * * * *"}]},
    DOMAIN: {
        "accountId": "ACCOUNT",
        "hostname": "app.example.com",
        "service": "edge",
        "environment": "production",
        "zoneId": "ZONE",
    },
    ROUTE: {"zoneId": "ZONE", "pattern": "example.com/*", "script": "edge"},
    RULESET: {
        "zoneId": "ZONE",
        "name": "rules",
        "kind": "zone",
        "phase": "http_request_late_transform",
        "description": "which version",
        "rules": [
            {
                "ref": "one",
                "description": "",
                "enabled": True,
                "expression": "true",
                "action": "rewrite",
                "actionParameters": {"headers": {"X-Key_a": {"operation": "set", "expression": "ip.src"}}},
            }
        ],
    },
    WORKER: {"accountId": "ACCOUNT", "name": "edge2", "observability": {"enabled": True}},
    VERSION: {
        "accountId": "ACCOUNT",
        "workerId": WORKER_ID,
        "compatibilityDate": "2026-11-01",
        "mainModule": "w.js",
        "modules": [{"name": "w.js", "contentFile": "w.js", "contentType": "application/javascript+module"}],
        "assets": {"directory": "public", "config": {"notFoundHandling": "single-page-application"}},
        "bindings": [
            {"name": "S", "type": "secret_text", "text": "y"},
            {"name": "A", "type": "plain_text", "text": "x"},
            {"name": "ASSETS", "type": "assets"},
        ],
        "limits": {"cpuMs": 50},
    },
    DEPLOYMENT: {"accountId": "ACCOUNT", "scriptName": "edge2", "strategy": "percentage"},
}


@dataclass
class Life:
    """The recorded program: what is created is remembered for reads and deletes."""

    plugin: Plugin
    folder: Path
    state: dict[str, tuple[str, Values]]

    def create(self, *tokens: str) -> None:
        for token in tokens:
            inputs = dict(INPUTS[token])
            if token == DEPLOYMENT:
                inputs["versions"] = [{"versionId": self.state[VERSION][0], "percentage": 100}]
            created = self.plugin.create(token, self.plugin.check(token, inputs).values)
            self.state[token] = created.id, decode(created.properties).values

    def refresh(self, *tokens: str) -> None:
        for token in tokens:
            self.plugin.read(token, *self.state[token], INPUTS[token])

    def destroy(self, *tokens: str) -> None:
        for token in tokens:
            self.plugin.delete(token, *self.state[token])

    def write(self, word: str) -> None:
        code = f"export default {{ async fetch() {{ return new Response('{word}') }} }}\n"
        (self.folder / "w.js").write_text(code)


@pytest.fixture
def cloudflare() -> Iterator[CloudflareStub]:
    with CloudflareStub(ids=RECORDED_IDS) as stub:
        yield stub


@pytest.fixture
def life(plugin: Plugin, tmp_path: Path) -> Life:
    public = tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("hi\n")
    return Life(plugin, tmp_path, {})


def test_the_recorded_requests_are_sent(life: Life, cloudflare: CloudflareStub) -> None:
    recorded = sections()
    life.write("hi")
    life.create(TUNNEL, DNS, TUNNEL_CONFIG, CRON, DOMAIN, ROUTE)
    assert cloudflare.taken() == recorded.pop(
        "up: tunnel, DNS record, tunnel configuration, script, schedules, custom domain, route"
    )
    life.refresh(TUNNEL, TUNNEL_CONFIG, ROUTE, CRON, DOMAIN, DNS)
    assert cloudflare.taken() == recorded.pop("refresh of the same")
    life.create(WORKER, VERSION, DEPLOYMENT)
    assert cloudflare.taken() == recorded.pop("up: Worker, WorkerVersion with assets, WorkersDeployment")
    life.write("hello")
    life.create(VERSION, DEPLOYMENT)
    life.destroy(DEPLOYMENT, VERSION)
    assert cloudflare.taken() == recorded.pop("up after the script's text changed")
    life.destroy(DEPLOYMENT, CRON, TUNNEL_CONFIG, ROUTE, DOMAIN, TUNNEL, DNS, WORKER)
    assert cloudflare.taken() == recorded.pop("destroy")
    assert recorded == {}
    assert set(cloudflare.tokens) == {f"Bearer {TOKEN}"}
