"""/workers/domains: custom domains, each with the DNS record that Cloudflare manages for it."""

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, ok
from infra.localcloud.cloudflare.errors import ApiError, malformed
from infra.localcloud.cloudflare.store import Document, new_id
from infra.vendors.cloudflare_limits import CUSTOM_DOMAINS


class NewDomain(BaseModel):
    hostname: str
    service: str
    zone_id: str | None = None
    zone_name: str | None = None
    environment: str = "production"
    override_existing_origin: bool = False
    override_existing_dns_record: bool = False


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    filters = {
        name: value
        for name, value in request.query_params.items()
        if name in ("hostname", "service", "zone_id", "zone_name", "environment")
    }
    shown = [_shown(cloud, domain) for domain in cloud.store.all("domain")]
    found = [each for each in shown if all(each[name] == value for name, value in filters.items())]
    return ok(found)


async def put(request: Request) -> Response:
    """Attaches a host to a Worker; the same host and Worker again changes nothing.

    Raises 10007 for the Worker, 100112 for a host outside the zone, 100116 if another Worker has it,
    100117 if a DNS record does.
    """
    cloud, new = cloud_of(request), await body(request, NewDomain)
    worker = cloud.store.worker(new.service)
    host = new.hostname.lower()
    _check_zone(cloud, new, host)
    held = next((domain for domain in cloud.store.all("domain") if domain["hostname"] == host), None)
    if held is not None and held["worker_id"] != worker["id"] and not new.override_existing_origin:
        raise ApiError(409, 100116, f"The host {host} is already the custom domain of another Worker.")
    _check_records(cloud, host, new.override_existing_dns_record)
    if held is None and len(cloud.store.all("domain")) >= CUSTOM_DOMAINS.of(cloud.plan):
        raise ApiError(
            400, 100118, f"The limit of {CUSTOM_DOMAINS.of(cloud.plan)} custom domains a zone is reached."
        )
    domain = {
        "id": new_id(),
        "cert_id": new_id(),
        **(held or {}),
        "hostname": host,
        "worker_id": worker["id"],
        "environment": new.environment,
    }
    cloud.store.put("domain", domain)
    await cloud.apply()
    return ok(_shown(cloud, domain))


def _check_zone(cloud: Cloud, new: NewDomain, host: str) -> None:
    zone = cloud.account.zone_name
    if new.zone_id is None and new.zone_name is None:
        raise malformed("zone_id or zone_name is needed")
    if new.zone_id not in (None, cloud.account.zone_id) or new.zone_name not in (None, zone):
        raise ApiError(400, 100112, "The zone is none of your account's.")
    if not f".{host}".endswith(f".{zone}"):
        raise ApiError(400, 100112, f"The host {host} is not in the zone {zone}.")


def _check_records(cloud: Cloud, host: str, override: bool) -> None:
    records = [
        each for each in cloud.store.all("record") if each["name"] == host and each["type"] in _ADDRESSES
    ]
    if records and not override:
        raise ApiError(
            409,
            100117,
            f"Hostname '{host}' already has externally managed DNS records (A, CNAME, etc). "
            "Either delete them, try a different hostname, or use the option 'override_existing_dns_record'.",
        )
    for record in records:
        cloud.store.delete("record", record["id"])


_ADDRESSES = ("A", "AAAA", "CNAME")


async def get(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok(_shown(cloud, cloud.store.domain(request.path_params["domain"])))


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    cloud.store.delete("domain", cloud.store.domain(request.path_params["domain"])["id"])
    await cloud.apply()
    return ok(None)


def _shown(cloud: Cloud, domain: Document) -> Document:
    return {
        "id": domain["id"],
        "zone_id": cloud.account.zone_id,
        "zone_name": cloud.account.zone_name,
        "hostname": domain["hostname"],
        "service": cloud.store.worker(domain["worker_id"])["name"],
        "environment": domain["environment"],
        "cert_id": domain["cert_id"],
    }
