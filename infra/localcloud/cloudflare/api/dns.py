"""/zones/{zone}/dns_records: records of the zone; a proxied one lets the edge answer its host."""

from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok, page
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.store import Document, new_id

_ADDRESSES = ("A", "AAAA", "CNAME")
_TYPES = (*_ADDRESSES, "TXT", "MX", "NS", "CAA")


class Record(BaseModel):
    name: str
    type: str
    content: str
    ttl: int = 1
    proxied: bool = False
    comment: str | None = None
    tags: list[str] = []
    settings: dict[str, Any] = {}
    priority: int | None = None


class RecordEdit(BaseModel):
    name: str | None = None
    type: str | None = None
    content: str | None = None
    ttl: int | None = None
    proxied: bool | None = None
    comment: str | None = None
    tags: list[str] | None = None
    settings: dict[str, Any] | None = None
    priority: int | None = None


async def listed(request: Request) -> Response:
    filters = {
        name.removesuffix(".exact"): value
        for name, value in request.query_params.items()
        if name.removesuffix(".exact") in ("name", "type", "content")
    }
    records = cloud_of(request).store.all("record")
    found = [each for each in records if all(each[name] == value for name, value in filters.items())]
    return page(request, found, default=100)


async def create(request: Request) -> Response:
    record = await body(request, Record)
    return await _put(cloud_of(request), {"id": new_id(), "created_on": now()}, record)


async def get(request: Request) -> Response:
    return ok(cloud_of(request).store.record(request.path_params["record"]))


async def replace(request: Request) -> Response:
    cloud, record = cloud_of(request), await body(request, Record)
    return await _put(cloud, cloud.store.record(request.path_params["record"]), record)


async def edit(request: Request) -> Response:
    cloud, changes = cloud_of(request), (await body(request, RecordEdit)).model_dump(exclude_unset=True)
    known = cloud.store.record(request.path_params["record"])
    return await _put(cloud, known, Record.model_validate({**known, **changes}))


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    record = cloud.store.record(request.path_params["record"])
    cloud.store.delete("record", record["id"])
    await cloud.apply()
    return ok({"id": record["id"]})


async def _put(cloud: Cloud, known: Document, record: Record) -> Response:
    """Raises 81058 for the same record again, 81053 for a second kind of address, 9004 for the proxy."""
    document = _document(cloud, known, record)
    _check(cloud, document)
    cloud.store.put("record", document)
    await cloud.apply()
    return ok(document)


def _document(cloud: Cloud, known: Document, record: Record) -> Document:
    zone = cloud.account.zone_name
    name = record.name.lower().rstrip(".")
    full = zone if name == "@" else name if f".{name}".endswith(f".{zone}") else f"{name}.{zone}"
    fields = record.model_dump(exclude_none=True) | {"comment": record.comment}
    return {
        **fields,
        "id": known["id"],
        "name": full,
        "proxiable": record.type in _ADDRESSES,
        "meta": {},
        "created_on": known["created_on"],
        "modified_on": now(),
    }


def _check(cloud: Cloud, document: Document) -> None:
    kind, name = document["type"], document["name"]
    if kind not in _TYPES:
        raise ApiError(501, 501, f"DNS records of type {kind} are not emulated by the local cloud")
    if document["proxied"] and not document["proxiable"]:
        raise ApiError(400, 9004, "This record type cannot be proxied.")
    others = [
        each for each in cloud.store.all("record") if each["name"] == name and each["id"] != document["id"]
    ]
    if any(each["type"] == kind and each["content"] == document["content"] for each in others):
        raise ApiError(400, 81058, "An identical record already exists.")
    kinds = {each["type"] for each in others}
    if (kind == "CNAME" and kinds & set(_ADDRESSES)) or (kind in _ADDRESSES and "CNAME" in kinds):
        raise ApiError(400, 81053, "An A, AAAA, or CNAME record with that host already exists.")
    if kind in _ADDRESSES and any(domain["hostname"] == name for domain in cloud.store.all("domain")):
        raise ApiError(
            400, 81053, "An A, AAAA, or CNAME record with that host already exists: a Worker's custom domain."
        )
