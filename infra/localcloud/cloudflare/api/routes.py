"""/zones/{zone}/workers/routes: URL patterns that run a Worker, or none."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, ok
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.patterns import parse_pattern
from infra.localcloud.cloudflare.store import Document, new_id
from infra.vendors.cloudflare_limits import ROUTES


class NewRoute(BaseModel):
    pattern: str
    script: str | None = None


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok([_shown(cloud, route) for route in cloud.store.all("route")])


async def create(request: Request) -> Response:
    """Raises 10022, 100112, 10020 (pattern taken), 10019 (no such Worker), 10073 (too many)."""
    cloud, new = cloud_of(request), await body(request, NewRoute)
    if len(cloud.store.all("route")) >= ROUTES.of(cloud.plan):
        raise ApiError(
            400, 10073, f"You have exceeded the limit of {ROUTES.of(cloud.plan)} routes of this zone."
        )
    return await _put(cloud, new_id(), new)


async def get(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok(_shown(cloud, cloud.store.route(request.path_params["route"])))


async def update(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewRoute)
    return await _put(cloud, cloud.store.route(request.path_params["route"])["id"], new)


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    route = cloud.store.route(request.path_params["route"])
    cloud.store.delete("route", route["id"])
    await cloud.apply()
    return ok({"id": route["id"]})


async def _put(cloud: Cloud, route_id: str, new: NewRoute) -> Response:
    parse_pattern(new.pattern, cloud.account.zone_name)
    if any(each["pattern"] == new.pattern and each["id"] != route_id for each in cloud.store.all("route")):
        raise ApiError(409, 10020, f"A route with the pattern {new.pattern} already exists.")
    route = {"id": route_id, "pattern": new.pattern, "worker_id": _worker_id(cloud, new.script)}
    cloud.store.put("route", route)
    await cloud.apply()
    return ok(_shown(cloud, route))


def _worker_id(cloud: Cloud, script: str | None) -> str | None:
    if not script:
        return None
    worker = cloud.store.worker_named(script)
    if worker is None:
        raise ApiError(400, 10019, f"The route's Worker does not exist: {script}")
    return str(worker["id"])


def _shown(cloud: Cloud, route: Document) -> Document:
    shown = {"id": route["id"], "pattern": route["pattern"]}
    if route["worker_id"] is None:
        return shown
    return {**shown, "script": cloud.store.worker(route["worker_id"])["name"]}
