"""/zones: the one zone of the account."""

from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import ok, page

_CREATED = "2026-11-23T00:00:00.000000Z"


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    wanted = request.query_params.get("name", cloud.account.zone_name)
    return page(request, [_zone(cloud)] if wanted == cloud.account.zone_name else [])


async def get(request: Request) -> Response:
    return ok(_zone(cloud_of(request)))


def _zone(cloud: Cloud) -> dict[str, object]:
    plan = f"{cloud.zone_plan.capitalize()} Website"
    return {
        "id": cloud.account.zone_id,
        "name": cloud.account.zone_name,
        "status": "active",
        "paused": False,
        "type": "full",
        "development_mode": 0,
        "name_servers": [],
        "original_name_servers": [],
        "original_registrar": None,
        "original_dnshost": None,
        "created_on": _CREATED,
        "modified_on": _CREATED,
        "activated_on": _CREATED,
        "meta": {"step": 2, "custom_certificate_quota": 0, "page_rule_quota": 3, "phishing_detected": False},
        "owner": {"id": None, "type": "user", "email": None},
        "account": {"id": cloud.account.account_id, "name": "Shoreline local cloud"},
        "permissions": ["#zone:read", "#dns_records:edit", "#worker:edit"],
        "plan": {"id": cloud.zone_plan, "name": plan, "price": 0, "currency": "USD", "is_subscribed": True},
    }
