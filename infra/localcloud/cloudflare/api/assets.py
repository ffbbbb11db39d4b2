"""Upload of static assets: a manifest, then the missing files by hash (direct upload docs, 2026-11-23)."""

import base64
import binascii
import re
import time
from typing import Any

import jwt
from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, ok
from infra.localcloud.cloudflare.errors import AUTHENTICATION, ApiError, NotEmulated
from infra.localcloud.cloudflare.multipart import Part, parts
from infra.localcloud.cloudflare.store import Document, new_id
from infra.vendors.cloudflare_limits import ASSET_BYTES, ASSET_FILES

SESSION_SECONDS = 3600
BUCKET_FILES = 50
_HASH = re.compile(r"^[0-9a-f]{32}$")


class Entry(BaseModel):
    hash: str
    size: int = Field(ge=0)


class Manifest(BaseModel):
    manifest: dict[str, Entry]


async def open_session(request: Request) -> Response:
    """The upload's token and the missing hashes; with none missing it is the completion token already."""
    cloud, new = cloud_of(request), await body(request, Manifest)
    cloud.store.worker(request.path_params["script"])
    _check(cloud, new.manifest)
    session = {
        "id": new_id(),
        "manifest": {path: entry.model_dump() for path, entry in new.manifest.items()},
        "expires": time.time() + SESSION_SECONDS,
    }
    _drop_expired(cloud)
    cloud.store.put("asset_session", session)
    missing = _missing(cloud, session)
    buckets = [missing[at : at + BUCKET_FILES] for at in range(0, len(missing), BUCKET_FILES)]
    return ok({"jwt": _token(cloud, session, complete=not missing), "buckets": buckets})


def _check(cloud: Cloud, manifest: dict[str, Entry]) -> None:
    if len(manifest) > ASSET_FILES.of(cloud.plan):
        raise ApiError(400, 10304, f"The manifest has more than {ASSET_FILES.of(cloud.plan)} files.")
    for path, entry in manifest.items():
        if not path.startswith("/"):
            raise ApiError(400, 10304, f"The manifest's path {path} does not start with a slash.")
        if not _HASH.match(entry.hash):
            raise ApiError(400, 10304, f"The manifest's hash of {path} is not 32 hex digits.")
        if entry.size > ASSET_BYTES.of(cloud.plan):
            raise ApiError(400, 10304, f"{path} exceeds {ASSET_BYTES.of(cloud.plan)} bytes.")


async def upload(request: Request) -> Response:
    """Form parts named by hash, in base64: 201 with the completion token once all are in, else 202."""
    cloud = cloud_of(request)
    if request.query_params.get("base64") != "true":
        raise NotEmulated("workers/assets/upload without base64=true")
    session = _session(
        cloud, request.headers.get("authorization", "").removeprefix("Bearer "), complete=False
    )
    sizes = {entry["hash"]: entry["size"] for entry in session["manifest"].values()}
    for part in await parts(request):
        _keep(cloud, part, sizes)
    if _missing(cloud, session):
        return ok({"jwt": None}, 202)
    return ok({"jwt": _token(cloud, session, complete=True)}, 201)


def _keep(cloud: Cloud, part: Part, sizes: dict[str, int]) -> None:
    if part.name not in sizes:
        raise ApiError(400, 10305, f"The file {part.name} is not in the manifest.")
    try:
        content = base64.b64decode(part.content, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(400, 10305, f"The file {part.name} is not base64.") from None
    if len(content) != sizes[part.name]:
        raise ApiError(
            400, 10305, f"The file {part.name} has {len(content)} bytes, the manifest {sizes[part.name]}."
        )
    cloud.files.write_asset(part.name, content)
    cloud.store.put("asset", {"id": part.name, "content_type": part.content_type, "size": len(content)})


def uploaded(cloud: Cloud, token: str) -> dict[str, Any]:
    """The manifest of a completion token. Raises 10305."""
    manifest: dict[str, Any] = _session(cloud, token, complete=True)["manifest"]
    return manifest


def _missing(cloud: Cloud, session: Document) -> list[str]:
    hashes = dict.fromkeys(entry["hash"] for entry in session["manifest"].values())
    return [digest for digest in hashes if not cloud.files.has_asset(digest)]


def _token(cloud: Cloud, session: Document, *, complete: bool) -> str:
    claims = {"sub": session["id"], "complete": complete, "exp": session["expires"]}
    return jwt.encode(claims, cloud.store.key("assets"), algorithm="HS256")


def _session(cloud: Cloud, token: str, *, complete: bool) -> Document:
    refusal = (
        ApiError(400, 10305, "The assets' completion token is not valid.") if complete else AUTHENTICATION
    )
    try:
        claims = jwt.decode(token, cloud.store.key("assets"), algorithms=["HS256"])
    except jwt.InvalidTokenError:
        raise refusal from None
    session = cloud.store.get("asset_session", str(claims.get("sub")))
    if session is None or (complete and not claims.get("complete")):
        raise refusal
    return session


def _drop_expired(cloud: Cloud) -> None:
    for session in cloud.store.all("asset_session"):
        if session["expires"] < time.time():
            cloud.store.delete("asset_session", session["id"])
