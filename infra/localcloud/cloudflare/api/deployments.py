"""/workers/scripts/{name}/deployments: which versions are served, one or two, by percentage."""

from typing import Literal

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.store import Document, new_uuid

MOST_VERSIONS = 2
WHOLE = 100


class Share(BaseModel):
    version_id: str
    percentage: float


class NewDeployment(BaseModel):
    strategy: Literal["percentage"]
    versions: list[Share]
    annotations: dict[str, str] = {}


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    worker = cloud.store.worker(request.path_params["script"])
    return ok({"deployments": [_shown(each) for each in cloud.store.deployments(worker["id"])]})


async def create(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewDeployment)
    worker = cloud.store.worker(request.path_params["script"])
    deployment = add_deployment(cloud, worker, new)
    await cloud.apply()
    return ok(_shown(deployment))


def add_deployment(cloud: Cloud, worker: Document, new: NewDeployment) -> Document:
    """Raises 10210 for shares that are no deployment, 10071 for a version that is none of this Worker's."""
    _check(new.versions)
    for share in new.versions:
        cloud.store.version(worker["id"], share.version_id)
    deployment = {
        "id": new_uuid(),
        "worker_id": worker["id"],
        "created_on": now(),
        "source": "api",
        "strategy": new.strategy,
        "versions": [share.model_dump() for share in new.versions],
        "annotations": {"workers/triggered_by": "deployment", **new.annotations},
    }
    cloud.store.put("deployment", deployment)
    return deployment


def _check(shares: list[Share]) -> None:
    ids = {share.version_id for share in shares}
    if not 1 <= len(shares) <= MOST_VERSIONS or len(ids) != len(shares):
        raise ApiError(400, 10210, f"A deployment has one or {MOST_VERSIONS} versions, each of them once.")
    if (
        any(not 0 <= share.percentage <= WHOLE for share in shares)
        or sum(s.percentage for s in shares) != WHOLE
    ):
        raise ApiError(400, 10210, f"The percentages of a deployment add up to {WHOLE}.")


async def get(request: Request) -> Response:
    return ok(_shown(_deployment(request)[0]))


async def delete(request: Request) -> Response:
    cloud, (deployment, newest) = cloud_of(request), _deployment(request)
    if deployment["id"] == newest:
        raise ApiError(400, 10210, "The deployment being served cannot be deleted.")
    cloud.store.delete("deployment", deployment["id"])
    return ok(None)


def _deployment(request: Request) -> tuple[Document, str]:
    cloud = cloud_of(request)
    deployments = cloud.store.deployments(cloud.store.worker(request.path_params["script"])["id"])
    wanted = request.path_params["deployment"]
    for deployment in deployments:
        if deployment["id"] == wanted:
            return deployment, deployments[0]["id"]
    raise ApiError(404, 10211, f"workers.api.error.deployment_not_found: {wanted}")


def _shown(deployment: Document) -> Document:
    return {name: value for name, value in deployment.items() if name != "worker_id"}
