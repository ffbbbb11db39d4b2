"""cloudflare.ZeroTrustTunnelCloudflared and its Config: the tunnel and where its hostnames lead."""

import json
from typing import Any

from infra.toolchain.plugins.cloudflare.kind import Kind, top_level
from infra.toolchain.plugins.cloudflare.naming import to_pulumi
from infra.toolchain.plugins.values import Values

# Below `config` Cloudflare's JSON is camelCase like Pulumi's, but for these two.
_CONFIG_NAMES = {"ingresses": "ingress", "matchSnItoHost": "matchSNItoHost"}


def _renamed(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {names.get(key, key): _renamed(item, names) for key, item in value.items() if item is not None}
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def _config_body(desired: Values) -> Values:
    return {name: _renamed(desired[name], _CONFIG_NAMES) for name in ("config", "source") if name in desired}


def _config_outputs(result: Any) -> Values:
    names = {wire: pulumi for pulumi, wire in _CONFIG_NAMES.items()}
    plain: Values = to_pulumi({key: value for key, value in result.items() if key != "config"})
    return {**plain, "config": _renamed(result.get("config"), names)}


def _tunnel_outputs(result: Any) -> Values:
    """`metadata` is any JSON, which the official plugin hands out as text."""
    answered: Values = to_pulumi(result)
    if "metadata" in answered:
        answered["metadata"] = json.dumps(result["metadata"], sort_keys=True)
    return answered


def _tunnel_desired(inputs: Values) -> Values:
    return {"configSrc": "local", **inputs}


TUNNEL = Kind(
    resource="cloudflare:index/zeroTrustTunnelCloudflared:ZeroTrustTunnelCloudflared",
    address=("accountId", "id"),
    collection="/accounts/{accountId}/cfd_tunnel",
    item="/accounts/{accountId}/cfd_tunnel/{id}",
    required=("accountId", "name"),
    optional=("configSrc", "tunnelSecret"),
    computed=(
        "accountTag", "connections", "connsActiveAt", "connsInactiveAt", "createdAt", "deletedAt",
        "metadata", "remoteConfig", "status", "tunType",
    ),
    update="PATCH",
    replaces=top_level("accountId", "configSrc"),
    sensitive=top_level("tunnelSecret"),
    desired=_tunnel_desired,
    outputs=_tunnel_outputs,
    gone=lambda result: bool(result.get("deleted_at")),
)  # fmt: skip

TUNNEL_CONFIG = Kind(
    resource="cloudflare:index/zeroTrustTunnelCloudflaredConfig:ZeroTrustTunnelCloudflaredConfig",
    address=("accountId", "tunnelId"),
    collection="/accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations",
    item="/accounts/{accountId}/cfd_tunnel/{tunnelId}/configurations",
    required=("accountId", "tunnelId"),
    optional=("config", "source"),
    computed=("createdAt", "version"),
    kept=frozenset({"config", "source"}),
    volatile=frozenset({"version"}),
    create="PUT",
    update="PUT",
    deletes=False,
    replaces=top_level("accountId", "tunnelId"),
    body=_config_body,
    outputs=_config_outputs,
    identify=lambda desired, _: str(desired["tunnelId"]),
)
