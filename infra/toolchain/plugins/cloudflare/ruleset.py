"""cloudflare.Ruleset: the rules of one phase of a zone, stated together.

From the provider's sources and the Rulesets API's docs (2026-11-26): tests/wire holds no recording of it.
"""

from collections.abc import Callable
from typing import Any

from infra.toolchain.plugins.cloudflare.kind import Kind, top_level
from infra.toolchain.plugins.cloudflare.naming import to_pulumi, to_wire
from infra.toolchain.plugins.values import Values

_STATED = ("description", "kind", "name", "phase", "rules")


def _renamed(ruleset: Any, rename: Callable[[Any], Any], names: tuple[str, str]) -> Any:
    """Names of headers are data and stay. `names`: of an action's parameters, before and after."""
    renamed = rename(ruleset)
    for before, after in zip(ruleset.get("rules") or [], renamed.get("rules") or [], strict=True):
        headers = (before.get(names[0]) or {}).get("headers")
        if headers is not None:
            after[names[1]]["headers"] = {name: rename(header) for name, header in headers.items()}
    return renamed


def _body(desired: Values) -> Any:
    stated = {name: desired[name] for name in _STATED if name in desired}
    return _renamed(stated, to_wire, ("actionParameters", "action_parameters"))


def _outputs(result: Any) -> Values:
    answered: Values = _renamed(result, to_pulumi, ("action_parameters", "actionParameters"))
    return answered


RULESET = Kind(
    resource="cloudflare:index/ruleset:Ruleset",
    address=("zoneId", "id"),
    scope="zones",
    collection="/zones/{zoneId}/rulesets",
    item="/zones/{zoneId}/rulesets/{id}",
    required=("zoneId", "kind", "name", "phase"),
    optional=("description", "rules"),
    computed=("lastUpdated", "version"),
    volatile=frozenset({"lastUpdated", "version"}),
    update="PUT",
    replaces=top_level("zoneId", "kind", "name", "phase"),
    body=_body,
    outputs=_outputs,
)
