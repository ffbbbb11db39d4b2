"""/workers/scripts/{name}/schedules: a Worker's cron triggers."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import cloud_of
from infra.localcloud.cloudflare.crons import parse_cron
from infra.localcloud.cloudflare.envelope import body, now, ok
from infra.localcloud.cloudflare.errors import ApiError
from infra.vendors.cloudflare_limits import CRONS


class Schedule(BaseModel):
    cron: str


async def get(request: Request) -> Response:
    cloud = cloud_of(request)
    worker = cloud.store.worker(request.path_params["script"])
    return ok({"schedules": cloud.store.schedule(worker["id"])})


async def put(request: Request) -> Response:
    """Replaces all of the Worker's triggers. Raises 10072: too many in the account, a bad expression."""
    cloud, new = cloud_of(request), await body(request, list[Schedule])
    worker = cloud.store.worker(request.path_params["script"])
    for schedule in new:
        parse_cron(schedule.cron)
    others = sum(len(each["schedules"]) for each in cloud.store.all("schedule") if each["id"] != worker["id"])
    limit = CRONS.of(cloud.plan)
    if others + len(new) > limit:
        raise ApiError(400, 10072, f"You have exceeded the limit of {limit} cron triggers of your account.")
    known = {each["cron"]: each["created_on"] for each in cloud.store.schedule(worker["id"])}
    made = now()
    schedules = [{"cron": s.cron, "created_on": known.get(s.cron, made), "modified_on": made} for s in new]
    cloud.store.put("schedule", {"id": worker["id"], "schedules": schedules})
    cloud.crons.changed()
    return ok({"schedules": schedules})
