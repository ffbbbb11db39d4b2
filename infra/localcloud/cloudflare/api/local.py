"""/local: what only the local cloud has, behind the same token: cron triggers now, their last runs.

`POST /local/crons/fire {"script": name, "cron": expression}` answers when the handler has ended.
"""

import time
from dataclasses import asdict

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import cloud_of
from infra.localcloud.cloudflare.envelope import body, ok
from infra.localcloud.cloudflare.errors import ApiError


class Trigger(BaseModel):
    script: str
    cron: str


async def fire(request: Request) -> Response:
    cloud, trigger = cloud_of(request), await body(request, Trigger)
    worker = cloud.store.worker(trigger.script)
    if all(each["cron"] != trigger.cron for each in cloud.store.schedule(worker["id"])):
        raise ApiError(404, 10072, f"{trigger.script} has no cron trigger {trigger.cron}")
    return ok(asdict(await cloud.crons.fire(worker["id"], trigger.cron, time.time())))


async def crons(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok(
        [
            {
                "script": worker["name"],
                "cron": each["cron"],
                "last_run": cloud.crons.last_run(worker["id"], each["cron"]),
            }
            for worker in cloud.store.all("worker")
            for each in cloud.store.schedule(worker["id"])
        ]
    )
