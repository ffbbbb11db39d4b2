"""Operations that an engine had begun when it was killed.

A create may or may not have reached the vendor. What the vendor knows by the resource's natural name is taken
over; the rest is dropped, and the next update creates it. `pulumi refresh --import-pending-creates` does not
take over: in v3.259.0 nothing reads the "importing" operation that it writes.
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from infra.cli import engine
from infra.cli.recovery.names import Names

Deployment: TypeAlias = dict[str, Any]
"""What `pulumi stack export` prints."""


@dataclass(frozen=True)
class Settled:
    """The repaired deployment, and the resources taken over."""

    deployment: Deployment
    adopted: tuple[str, ...]


def pending_operations(deployment: Deployment) -> list[dict[str, Any]]:
    operations: list[dict[str, Any]] = deployment["deployment"].get("pending_operations") or []
    return operations


def settle(deployment: Deployment, find: Callable[[str, Mapping[str, Any]], str | None]) -> Settled:
    """Pure: `find(type, inputs)` tells the id that the vendor has under the natural name, or None."""
    settled = copy.deepcopy(deployment)
    body = settled["deployment"]
    adopted = []
    for operation in body.pop("pending_operations", None) or []:
        if operation["type"] != "creating":
            continue
        resource = operation["resource"]
        identifier = find(resource["type"], resource.get("inputs", {}))
        if identifier is not None:
            _take_over(body["resources"], resource, identifier)
            adopted.append(resource["urn"])
    return Settled(settled, tuple(adopted))


def _take_over(resources: list[dict[str, Any]], resource: dict[str, Any], identifier: str) -> None:
    """Adds the resource as the engine would have; one that it replaces is left for the engine to delete."""
    for old in resources:
        if old["urn"] == resource["urn"]:
            if old.get("id") == identifier:
                return
            old["delete"] = True
    resources.append({**resource, "id": identifier, "outputs": resource.get("inputs", {})})


def settle_pending_operations() -> int:
    """Settles those of the stack and returns how many there were."""
    deployment = engine.export()
    pending = pending_operations(deployment)
    if not pending:
        return 0
    with Names.of_stack() as names:
        settled = settle(deployment, names.find)
    engine.read("stack", "import", stdin=json.dumps(settled.deployment))
    if settled.adopted:
        targets = [argument for urn in settled.adopted for argument in ("--target", urn)]
        engine.run("refresh", "--yes", "--skip-preview", "--suppress-outputs", *targets)
    return len(pending)
