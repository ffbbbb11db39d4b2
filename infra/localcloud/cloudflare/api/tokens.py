"""/user/tokens and /accounts: who is asking."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import ok, page


async def verify(request: Request) -> Response:
    token = cloud_of(request).account.token
    identity = hashlib.sha256(f"id of {token}".encode()).hexdigest()[:32]
    return ok({"id": identity, "status": "active"})


async def accounts(request: Request) -> Response:
    return page(request, [_account(cloud_of(request))])


async def account(request: Request) -> Response:
    return ok(_account(cloud_of(request)))


def _account(cloud: Cloud) -> dict[str, object]:
    return {
        "id": cloud.account.account_id,
        "name": "Shoreline local cloud",
        "type": "standard",
        "settings": {},
    }
