"""Pending operations of a killed engine: what the vendor has is taken over, the rest is dropped."""

from collections.abc import Mapping
from typing import Any

from infra.cli.recovery.pending import settle

WORKER = "urn:pulumi:dev::shoreline::shoreline:index:Edge$cloudflare:index/worker:Worker::edge-worker"


def resource(urn: str, **more: Any) -> dict[str, Any]:
    return {
        "urn": urn,
        "type": urn.split("::")[2].rsplit("$", maxsplit=1)[-1],
        "custom": True,
        "inputs": {"name": "notes"},
        **more,
    }


def deployment(*operations: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "version": 3,
        "deployment": {"resources": list(resources), "pending_operations": list(operations)},
    }


def pending(kind: str, urn: str = WORKER) -> dict[str, Any]:
    return {"type": kind, "resource": resource(urn)}


def found(resource_type: str, inputs: Mapping[str, Any]) -> str | None:
    return f"id of {resource_type} {inputs['name']}"


def missing(resource_type: str, inputs: Mapping[str, Any]) -> str | None:
    return None


def test_a_create_that_reached_the_vendor_is_taken_over() -> None:
    settled = settle(deployment(pending("creating")), found)
    assert settled.adopted == (WORKER,)
    assert settled.deployment["deployment"] == {
        "resources": [
            resource(WORKER, id="id of cloudflare:index/worker:Worker notes", outputs={"name": "notes"}),
        ]
    }


def test_a_create_that_did_not_reach_the_vendor_is_dropped() -> None:
    settled = settle(deployment(pending("creating")), missing)
    assert settled.adopted == ()
    assert settled.deployment["deployment"] == {"resources": []}


def test_updates_and_deletes_are_dropped_for_the_next_update_to_repeat() -> None:
    existing = resource(WORKER, id="w1")
    settled = settle(deployment(pending("updating"), pending("deleting"), resources=(existing,)), found)
    assert settled.adopted == ()
    assert settled.deployment["deployment"] == {"resources": [existing]}


def test_a_replacement_that_reached_the_vendor_leaves_the_old_one_for_the_engine_to_delete() -> None:
    settled = settle(deployment(pending("creating"), resources=(resource(WORKER, id="old"),)), found)
    old, new = settled.deployment["deployment"]["resources"]
    assert (old["id"], old["delete"]) == ("old", True)
    assert new["id"].startswith("id of") and "delete" not in new


def test_a_create_that_is_in_the_state_already_is_not_doubled() -> None:
    existing = resource(WORKER, id="id of cloudflare:index/worker:Worker notes")
    settled = settle(deployment(pending("creating"), resources=(existing,)), found)
    assert settled.deployment["deployment"]["resources"] == [existing]
