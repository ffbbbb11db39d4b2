"""cloudflare.DnsRecord: one record of a zone."""

import json
from typing import Any

from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.cloudflare.kind import Kind, top_level
from infra.toolchain.plugins.cloudflare.naming import to_pulumi
from infra.toolchain.plugins.values import Path, Values


def _desired(inputs: Values) -> Values:
    return {"proxied": False, **inputs}


def _same(path: Path, old: Any, new: Any) -> bool:
    if path == ("name",) and isinstance(old, str) and isinstance(new, str):
        # Cloudflare answers with the full name; the zone's apex may be written "@".
        full, given = old.removesuffix("."), new.removesuffix(".")
        return full == given or full.startswith(f"{given}.") or (given == "@" and "." in full)
    if path == ("content",) and isinstance(old, str) and isinstance(new, str):
        return old.strip('"') == new.strip('"')
    if path == ("tags",):
        return sorted(old or []) == sorted(new or [])
    return bool(old == new)


def _outputs(result: Any) -> Values:
    """`meta` is any JSON, which the official plugin hands out as text."""
    answered: Values = to_pulumi(result)
    if "meta" in answered:
        answered["meta"] = json.dumps(result["meta"], sort_keys=True)
    return answered


def _problems(inputs: Values) -> list[Failure]:
    ttl = inputs.get("ttl")
    if inputs.get("proxied") is True and isinstance(ttl, int | float) and ttl != 1:
        return [Failure("ttl", "must be 1 (automatic) where `proxied` is true")]
    return []


DNS = Kind(
    resource="cloudflare:index/dnsRecord:DnsRecord",
    address=("zoneId", "id"),
    collection="/zones/{zoneId}/dns_records",
    item="/zones/{zoneId}/dns_records/{id}",
    required=("zoneId", "name", "ttl", "type"),
    optional=("comment", "content", "data", "priority", "privateRouting", "proxied", "settings", "tags"),
    computed=("commentModifiedOn", "createdOn", "meta", "modifiedOn", "proxiable", "tagsModifiedOn"),
    kept=frozenset({"data", "privateRouting", "settings", "tags"}),
    volatile=frozenset({"commentModifiedOn", "modifiedOn", "tagsModifiedOn"}),
    update="PUT",
    replaces=top_level("zoneId"),
    same=_same,
    desired=_desired,
    outputs=_outputs,
    problems=_problems,
)
