"""Resources by their natural names, for the vendors whose plugin cannot adopt.

Left out are the types for which creating again is harmless: Cloudflare's PUTs (custom domain, schedules, a
tunnel's routes), versions and deployments (a new one supersedes), what is done over SSH (it is idempotent),
and this project's own providers, which adopt by name.
"""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self, TypeAlias

import cloudflare

from infra.cli import engine

Inputs: TypeAlias = Mapping[str, Any]
Finder: TypeAlias = Callable[[cloudflare.Cloudflare, Inputs], str | None]


def _worker(client: cloudflare.Cloudflare, inputs: Inputs) -> str | None:
    workers = client.workers.beta.workers.list(account_id=inputs["accountId"])
    return next((worker.id for worker in workers if worker.name == inputs["name"]), None)


def _route(client: cloudflare.Cloudflare, inputs: Inputs) -> str | None:
    routes = client.workers.routes.list(zone_id=inputs["zoneId"])
    return next((route.id for route in routes if route.pattern == inputs["pattern"]), None)


def _dns_record(client: cloudflare.Cloudflare, inputs: Inputs) -> str | None:
    records = client.dns.records.list(
        zone_id=inputs["zoneId"], name={"exact": inputs["name"]}, type=inputs["type"]
    )
    return next((record.id for record in records if record.content == inputs["content"]), None)


def _ruleset(client: cloudflare.Cloudflare, inputs: Inputs) -> str | None:
    """By its name too: the phase's ruleset may be somebody else's."""
    natural = (inputs["phase"], inputs["kind"], inputs["name"])
    rulesets = client.rulesets.list(zone_id=inputs["zoneId"])
    return next((each.id for each in rulesets if (each.phase, each.kind, each.name) == natural), None)


def _tunnel(client: cloudflare.Cloudflare, inputs: Inputs) -> str | None:
    tunnels = client.zero_trust.tunnels.cloudflared.list(
        account_id=inputs["accountId"], name=inputs["name"], is_deleted=False
    )
    return next((tunnel.id for tunnel in tunnels if tunnel.name == inputs["name"]), None)


FINDERS: Mapping[str, Finder] = {
    "cloudflare:index/worker:Worker": _worker,
    "cloudflare:index/workersRoute:WorkersRoute": _route,
    "cloudflare:index/dnsRecord:DnsRecord": _dns_record,
    "cloudflare:index/ruleset:Ruleset": _ruleset,
    "cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared": _tunnel,
}


class Names:
    """Looks resources up at the vendors with the stack's own settings."""

    def __init__(self, client: cloudflare.Cloudflare) -> None:
        self._client = client

    @classmethod
    def of_stack(cls) -> Self:
        config = engine.config()
        token, base_url = config["cloudflare:apiToken"], config.get("cloudflare:baseUrl")
        return cls(cloudflare.Cloudflare(api_token=token, base_url=base_url))

    def find(self, resource_type: str, inputs: Inputs) -> str | None:
        finder = FINDERS.get(resource_type)
        return finder(self._client, inputs) if finder else None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
