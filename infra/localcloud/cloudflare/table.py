"""The edge's table, from the declared state: header rules, routes, domains, proxied names, deployments."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from infra.localcloud.cloudflare import tunnels
from infra.localcloud.cloudflare.patterns import parse_pattern
from infra.localcloud.cloudflare.store import Store

Table = dict[str, Any]


def build_table(
    store: Store, *, scheme: str, zone: str, outbound: Mapping[str, str], connected: Collection[str]
) -> Table:
    """`outbound`: host pattern to the name of the service that reaches it. `connected`: ids of tunnels with a
    connector. The shape is router/table.ts's.
    """
    names = {worker["id"]: worker["name"] for worker in store.all("worker")}
    return {
        "scheme": scheme,
        "zone": zone,
        "transforms": [each for ruleset in store.all("ruleset") for each in ruleset["transforms"]],
        "routes": _routes(store, zone, names),
        "domains": {domain["hostname"]: names[domain["worker_id"]] for domain in store.all("domain")},
        "proxied": [record["name"] for record in store.all("record") if record["proxied"]],
        "workers": {name: _shares(store, worker_id) for worker_id, name in names.items()},
        "tunnels": _tunnels(store, connected),
        "tunnelled": dict(_tunnelled(store)),
        "outbound": dict(outbound),
    }


def _routes(store: Store, zone: str, names: Mapping[str, str]) -> list[dict[str, Any]]:
    parsed = [(parse_pattern(route["pattern"], zone), route["worker_id"]) for route in store.all("route")]
    parsed.sort(key=lambda each: each[0].specificity())
    return [
        {
            "scheme": pattern.scheme,
            "host": pattern.host,
            "hostWildcard": pattern.host_wildcard,
            "path": pattern.path,
            "pathWildcard": pattern.path_wildcard,
            "worker": None if worker_id is None else names[worker_id],
        }
        for pattern, worker_id in parsed
    ]


def _tunnels(store: Store, connected: Collection[str]) -> dict[str, Any]:
    """Ingress rules by tunnel; null without a connector, empty before a configuration."""
    configs = {config["id"]: config["rules"] for config in store.all("tunnel_config")}
    return {
        tunnel["id"]: configs.get(tunnel["id"], []) if tunnel["id"] in connected else None
        for tunnel in store.all("tunnel")
        if tunnel["deleted_at"] is None
    }


def _tunnelled(store: Store) -> Iterable[tuple[str, str]]:
    """Names of proxied records that lead into a tunnel, wildcards last, each with the tunnel's id."""
    suffix = f".{tunnels.DOMAIN}"
    found = [
        (record["name"], record["content"].lower().rstrip(".").removesuffix(suffix))
        for record in store.all("record")
        if record["proxied"]
        and record["type"] == "CNAME"
        and record["content"].lower().rstrip(".").endswith(suffix)
    ]
    return sorted(found, key=lambda each: (each[0].startswith("*"), -len(each[0])))


def _shares(store: Store, worker_id: str) -> list[dict[str, Any]]:
    """Older version first, so that raising the newer one's share moves visitors one way only."""
    deployments = store.deployments(worker_id)
    numbers = {version["id"]: version["number"] for version in store.versions(worker_id)}
    versions = sorted(
        deployments[0]["versions"] if deployments else [], key=lambda each: numbers[each["version_id"]]
    )
    return [{"id": each["version_id"], "percentage": each["percentage"]} for each in versions]
