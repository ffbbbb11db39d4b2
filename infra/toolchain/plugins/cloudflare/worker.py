"""cloudflare.Worker: the Worker itself, without code."""

from typing import Any

from infra.toolchain.plugins.cloudflare.kind import Kind, top_level
from infra.toolchain.plugins.values import UNKNOWN, Path, Values

_LOGS: Values = {"enabled": False, "headSamplingRate": 1, "invocationLogs": True, "persist": True}
_TRACES: Values = {"enabled": False, "headSamplingRate": 1, "persist": True}


def _observability(given: Any) -> Any:
    if given is UNKNOWN:
        return given
    # Left out altogether, logs are stated too; inside a given object only traces have a default (recorded).
    if given is None:
        return {"enabled": False, "headSamplingRate": 1, "logs": dict(_LOGS), "traces": dict(_TRACES)}
    stated: Values = {"enabled": False, "headSamplingRate": 1, **given}
    for name, defaults in (("traces", _TRACES), ("logs", _LOGS)):
        part = given.get(name, {} if name == "traces" else None)
        if isinstance(part, dict):
            stated[name] = {**defaults, **part}
    return stated


def _subdomain(given: Any) -> Any:
    if given is UNKNOWN:
        return given
    enabled = (given or {}).get("enabled", False)
    return {"enabled": enabled, "previewsEnabled": enabled, **(given or {})}


def _desired(inputs: Values) -> Values:
    return {
        "logpush": False,
        "tags": [],
        "tailConsumers": [],
        **inputs,
        "observability": _observability(inputs.get("observability")),
        "subdomain": _subdomain(inputs.get("subdomain")),
    }


def _same(path: Path, old: Any, new: Any) -> bool:
    if path == ("tags",):
        return sorted(old or []) == sorted(new or [])
    return bool(old == new)


WORKER = Kind(
    resource="cloudflare:index/worker:Worker",
    address=("accountId", "id"),
    collection="/accounts/{accountId}/workers/workers",
    item="/accounts/{accountId}/workers/workers/{id}",
    required=("accountId", "name"),
    optional=("logpush", "observability", "subdomain", "tags", "tailConsumers"),
    computed=("createdOn", "deployedOn", "references", "updatedOn"),
    volatile=frozenset({"references", "updatedOn"}),
    update="PUT",
    replaces=top_level("accountId"),
    same=_same,
    desired=_desired,
)
