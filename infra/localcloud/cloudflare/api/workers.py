"""/workers/workers: a Worker apart from its versions (wire/pulumi-cloudflare-6.17.0.txt, 2026-11-23)."""

import re
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok, page
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.store import Document, new_id
from infra.vendors.cloudflare_limits import WORKER_NAME, WORKERS


class NewWorker(BaseModel):
    name: str
    logpush: bool = False
    observability: dict[str, Any] = {}
    subdomain: dict[str, Any] = {}
    tags: list[str] = []
    tail_consumers: list[dict[str, Any]] = []


class EditedWorker(BaseModel):
    name: str | None = None
    logpush: bool | None = None
    observability: dict[str, Any] | None = None
    subdomain: dict[str, Any] | None = None
    tags: list[str] | None = None
    tail_consumers: list[dict[str, Any]] | None = None


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    return page(request, [shown(cloud, worker) for worker in cloud.store.all("worker")])


async def create(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewWorker)
    worker = add_worker(cloud, new)
    await cloud.apply()
    return ok(shown(cloud, worker))


def add_worker(cloud: Cloud, new: NewWorker) -> Document:
    """Raises 10016 for the name, 10040 if it is taken, 10037 over the account's number of Workers."""
    _check_name(cloud, new.name, None)
    if len(cloud.store.all("worker")) >= WORKERS.of(cloud.plan):
        raise ApiError(403, 10037, f"You have reached the limit of {WORKERS.of(cloud.plan)} Workers.")
    made = now()
    worker = {"id": new_id(), **new.model_dump(), "created_on": made, "updated_on": made}
    cloud.store.put("worker", worker)
    return worker


async def get(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok(shown(cloud, cloud.store.worker(request.path_params["worker"])))


async def replace(request: Request) -> Response:
    changes = (await body(request, NewWorker)).model_dump()
    return await _update(request, changes)


async def edit(request: Request) -> Response:
    changes = (await body(request, EditedWorker)).model_dump(exclude_none=True)
    return await _update(request, changes)


async def _update(request: Request, changes: dict[str, Any]) -> Response:
    cloud = cloud_of(request)
    worker = cloud.store.worker(request.path_params["worker"])
    _check_name(cloud, str(changes.get("name", worker["name"])), worker["id"])
    worker = {**worker, **changes, "updated_on": now()}
    cloud.store.put("worker", worker)
    await cloud.apply()
    return ok(shown(cloud, worker))


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    await remove_worker(cloud, cloud.store.worker(request.path_params["worker"]))
    return ok(None)


async def remove_worker(cloud: Cloud, worker: Document) -> None:
    """Its versions, deployments, routes, domains and schedules go with it."""
    versions = cloud.store.forget_worker(worker)
    await cloud.apply()
    cloud.crons.changed()
    for version in versions:
        cloud.files.drop_version(version)


def _check_name(cloud: Cloud, name: str, own_id: str | None) -> None:
    if not re.match(WORKER_NAME, name):
        raise ApiError(400, 10016, f"Invalid Worker name {name!r}: it must match {WORKER_NAME}")
    holder = cloud.store.worker_named(name)
    if holder is not None and holder["id"] != own_id:
        raise ApiError(409, 10040, f"A Worker with the name {name} already exists on your account.")


def shown(cloud: Cloud, worker: Document) -> Document:
    zone = {"zone_id": cloud.account.zone_id, "zone_name": cloud.account.zone_name}
    domains = [
        {"id": each["id"], "hostname": each["hostname"], "certificate_id": each["cert_id"], **zone}
        for each in cloud.store.all("domain")
        if each["worker_id"] == worker["id"]
    ]
    deployments = cloud.store.deployments(worker["id"])
    return {
        **worker,
        "observability": {"enabled": False, "head_sampling_rate": 1, **worker["observability"]},
        "subdomain": {"enabled": False, "previews_enabled": False, **worker["subdomain"]},
        "deployed_on": deployments[0]["created_on"] if deployments else None,
        "references": {
            "dispatch_namespace_outbounds": [],
            "domains": domains,
            "durable_objects": [],
            "queues": [],
            "workers": [],
        },
    }
