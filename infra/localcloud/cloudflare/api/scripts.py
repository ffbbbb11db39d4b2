"""/workers/scripts/{name}: the older way, a version uploaded and deployed in one call (wire/, 2026-11-23)."""

import base64
from typing import Any

from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.api import deployments, versions, workers
from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import ok, parsed
from infra.localcloud.cloudflare.errors import ApiError, NotEmulated, malformed
from infra.localcloud.cloudflare.multipart import Part, parts
from infra.localcloud.cloudflare.store import Document


class Metadata(versions.NewVersion):
    """Part `metadata` of the form; code comes as parts of their own."""

    logpush: bool = False
    body_part: str | None = None
    keep_assets: bool = False
    keep_bindings: tuple[str, ...] = ()
    observability: dict[str, Any] = Field(default_factory=dict)
    tags: tuple[str, ...] = ()


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok([_script(cloud, worker) for worker in cloud.store.all("worker")])


async def put(request: Request) -> Response:
    cloud, form = cloud_of(request), await parts(request)
    metadata = _metadata(form)
    name = request.path_params["script"]
    worker = cloud.store.worker_named(name)
    created = worker is None
    if worker is None:
        new = workers.NewWorker(
            name=name,
            logpush=metadata.logpush,
            observability=metadata.observability,
            tags=list(metadata.tags),
        )
        worker = workers.add_worker(cloud, new)
    try:
        version = await versions.add_version(cloud, worker, metadata)
    except ApiError:
        if created:
            cloud.store.forget_worker(worker)
        raise
    whole = deployments.Share(version_id=version["id"], percentage=deployments.WHOLE)
    deployments.add_deployment(
        cloud, worker, deployments.NewDeployment(strategy="percentage", versions=[whole])
    )
    await cloud.apply()
    return ok({**_script(cloud, worker), "startup_time_ms": version["startup_time_ms"]})


def _metadata(form: list[Part]) -> Metadata:
    given = next((part for part in form if part.name == "metadata"), None)
    if given is None:
        raise malformed("the form has no part metadata")
    metadata = parsed(given.content, Metadata)
    if metadata.body_part is not None or metadata.main_module is None:
        raise NotEmulated("service worker syntax (body_part)")
    if metadata.keep_assets or metadata.keep_bindings:
        raise NotEmulated("keep_assets and keep_bindings")
    modules = [_module(part) for part in form if part.name != "metadata"]
    return metadata.model_copy(update={"modules": modules})


def _module(part: Part) -> versions.Module:
    return versions.Module(
        name=part.filename or part.name,
        content_type=part.content_type or "application/octet-stream",
        content_base64=base64.b64encode(part.content).decode(),
    )


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    await workers.remove_worker(cloud, cloud.store.worker(request.path_params["script"]))
    return ok(None)


async def settings(request: Request) -> Response:
    cloud = cloud_of(request)
    worker, version = _served(cloud, request)
    return ok(
        {
            "bindings": version["bindings"],
            "compatibility_date": version["compatibility_date"],
            "compatibility_flags": version["compatibility_flags"],
            "limits": version.get("limits", {}),
            "logpush": worker["logpush"],
            "observability": worker["observability"],
            "placement": version.get("placement", {}),
            "tags": worker["tags"],
            "tail_consumers": worker["tail_consumers"],
            "usage_model": version["usage_model"],
        }
    )


async def content(request: Request) -> Response:
    """The code as a form, one part a module."""
    cloud = cloud_of(request)
    _, version = _served(cloud, request)
    types = {module["name"]: module["content_type"] for module in version["modules"]}
    boundary = version["id"]
    lines = b""
    for module in cloud.files.code(version["id"])["modules"]:
        body = (
            base64.b64decode(module["body"])
            if module["kind"] in ("data", "wasm")
            else module["body"].encode()
        )
        disposition = f'form-data; name="{module["name"]}"; filename="{module["name"]}"'
        head = f"Content-Disposition: {disposition}\r\nContent-Type: {types[module['name']]}"
        lines += f"--{boundary}\r\n{head}\r\n\r\n".encode() + body + b"\r\n"
    return Response(
        lines + f"--{boundary}--\r\n".encode(),
        media_type=f"multipart/form-data; boundary={boundary}",
        headers={"cf-entrypoint": version["main_module"]},
    )


async def service(request: Request) -> Response:
    cloud = cloud_of(request)
    worker = cloud.store.worker(request.path_params["script"])
    environment = {"environment": "production", "script": _script(cloud, worker)}
    dates = {"created_on": worker["created_on"], "modified_on": worker["updated_on"]}
    return ok(
        {"id": worker["name"], "default_environment": {**environment, **dates}, "environments": [], **dates}
    )


def _served(cloud: Cloud, request: Request) -> tuple[Document, Document]:
    """The Worker and the first version of its deployment; one never deployed has no script: 10007."""
    name = request.path_params["script"]
    worker = cloud.store.worker(name)
    current = cloud.store.deployments(worker["id"])[:1]
    if not current:
        raise ApiError(404, 10007, f"This Worker does not exist on your account: {name}")
    return worker, cloud.store.version(worker["id"], current[0]["versions"][0]["version_id"])


def _script(cloud: Cloud, worker: Document) -> Document:
    own = cloud.store.versions(worker["id"])
    newest = own[-1] if own else {}
    return {
        "id": worker["name"],
        "tag": worker["id"],
        "etag": newest.get("id", ""),
        "handlers": ["fetch"],
        "compatibility_date": newest.get("compatibility_date"),
        "compatibility_flags": newest.get("compatibility_flags", []),
        "usage_model": newest.get("usage_model", "standard"),
        "has_assets": "assets" in newest,
        "has_modules": bool(newest.get("modules")),
        "logpush": worker["logpush"],
        "created_on": worker["created_on"],
        "modified_on": newest.get("created_on", worker["updated_on"]),
    }
