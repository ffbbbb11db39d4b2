"""/workers/workers/{id}/versions: code, bindings and assets, each version for good (wire/, 2026-11-23)."""

import base64
import binascii
import mimetypes
from typing import Any, Literal

from pydantic import BaseModel, Field
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.api import assets, deployments
from infra.localcloud.cloudflare.bindings import Binding, Service, loaded, read_bindings, shown
from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok, page
from infra.localcloud.cloudflare.errors import ApiError, NotEmulated, malformed
from infra.localcloud.cloudflare.rules import parse_headers, parse_redirects
from infra.localcloud.cloudflare.startup import check_startup
from infra.localcloud.cloudflare.store import Document, new_uuid
from infra.vendors.cloudflare_limits import CPU_MS, SCRIPT_BYTES

KINDS = {
    "application/javascript+module": "js",
    "text/javascript+module": "js",
    "application/javascript": "cjs",
    "text/javascript": "cjs",
    "text/plain": "text",
    "application/json": "json",
    "application/octet-stream": "data",
    "application/wasm": "wasm",
}
"""Module kinds by content type (multipart upload metadata docs, 2026-11-23)."""
_RULES = ("_headers", "_redirects")
_SOURCE_MAP = "application/source-map"


class Module(BaseModel):
    name: str
    content_type: str
    content_base64: str


class AssetsConfig(BaseModel):
    html_handling: Literal["auto-trailing-slash", "force-trailing-slash", "drop-trailing-slash", "none"] = (
        "auto-trailing-slash"
    )
    not_found_handling: Literal["none", "404-page", "single-page-application"] = "none"
    run_worker_first: bool | list[str] = False
    base_path: str | None = None


class Assets(BaseModel):
    jwt: str | None = None
    config: AssetsConfig = AssetsConfig()


class Limits(BaseModel):
    cpu_ms: int | None = Field(None, gt=0)
    subrequests: int | None = Field(None, gt=0)


class NewVersion(BaseModel):
    main_module: str | None = None
    modules: list[Module] = []
    bindings: list[dict[str, Any]] = []
    assets: Assets | None = None
    compatibility_date: str | None = None
    compatibility_flags: list[str] = []
    limits: Limits | None = None
    annotations: dict[str, str] = {}
    usage_model: str = "standard"
    placement: dict[str, Any] | None = None
    migrations: dict[str, Any] | None = None
    containers: list[Any] = []
    exports: dict[str, Any] = {}
    source: str = "api"


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    worker = cloud.store.worker(request.path_params["worker"])
    return page(request, [_shown(version) for version in reversed(cloud.store.versions(worker["id"]))])


async def get(request: Request) -> Response:
    cloud, version = cloud_of(request), _version(request)
    if request.query_params.get("include") == "modules":
        return ok({**_shown(version), "modules": _modules_shown(cloud, version)})
    return ok(_shown(version))


async def create(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, NewVersion)
    worker = cloud.store.worker(request.path_params["worker"])
    version = await add_version(cloud, worker, new)
    if request.query_params.get("deploy") == "true":
        whole = deployments.Share(version_id=version["id"], percentage=deployments.WHOLE)
        deployments.add_deployment(
            cloud, worker, deployments.NewDeployment(strategy="percentage", versions=[whole])
        )
        await cloud.apply()
    return ok(_shown(version))


async def delete(request: Request) -> Response:
    """Refused while the version is served."""
    cloud, version = cloud_of(request), _version(request)
    current = cloud.store.deployments(version["worker_id"])[:1]
    if any(share["version_id"] == version["id"] for each in current for share in each["versions"]):
        raise ApiError(400, 10210, f"The version {version['id']} is part of the deployment being served.")
    cloud.store.delete("version", version["id"])
    cloud.files.drop_version(version["id"])
    return ok(None)


async def add_version(cloud: Cloud, worker: Document, new: NewVersion) -> Document:
    """Checks, starts the code once (10021), then keeps it. Nothing is kept of a version that is refused."""
    _check_emulated(new)
    _check_limits(cloud, new)
    version_id, made = new_uuid(), now()
    bindings = read_bindings(new.bindings, cloud.plan)
    _check_targets(cloud, worker, new, bindings)
    metadata = {"id": version_id, "tag": new.annotations.get("workers/tag", ""), "timestamp": made}
    code = _code(worker, new, bindings, metadata)
    asset_config = _asset_config(cloud, new, has_script=code is not None)
    startup_ms = await check_startup(code, cloud.files.versions.parent) if code else 0
    cloud.files.write_version(version_id, code, asset_config)
    version = {
        "id": version_id,
        "worker_id": worker["id"],
        "number": max((each["number"] for each in cloud.store.versions(worker["id"])), default=0) + 1,
        "created_on": made,
        "urls": [],
        "source": new.source,
        "annotations": {"workers/triggered_by": "create_version_api", **new.annotations},
        "bindings": [shown(binding) for binding in bindings],
        "compatibility_date": new.compatibility_date,
        "compatibility_flags": new.compatibility_flags,
        "main_module": new.main_module,
        "modules": [{"name": m.name, "content_type": m.content_type} for m in new.modules],
        "usage_model": new.usage_model,
        "startup_time_ms": startup_ms,
        **({"limits": new.limits.model_dump(exclude_none=True)} if new.limits else {}),
        **({"assets": {"config": new.assets.config.model_dump(exclude_none=True)}} if new.assets else {}),
        **({"placement": new.placement} if new.placement else {}),
    }
    cloud.store.put("version", version)
    return version


def _check_emulated(new: NewVersion) -> None:
    for name in ("migrations", "containers", "exports"):
        if getattr(new, name):
            raise NotEmulated(f"{name} of a Worker version")
    if new.assets and new.assets.config.base_path not in (None, "/"):
        raise NotEmulated("assets.config.base_path")


def _check_limits(cloud: Cloud, new: NewVersion) -> None:
    cpu_ms = new.limits.cpu_ms if new.limits else None
    if cpu_ms is not None and cloud.plan == "free":
        raise ApiError(400, 100328, "CPU limits are not supported for the Free plan.")
    if cpu_ms is not None and cpu_ms > CPU_MS.of(cloud.plan):
        raise ApiError(
            400, 10206, f"The CPU limit {cpu_ms} ms exceeds the maximum of {CPU_MS.of(cloud.plan)} ms."
        )


def _check_targets(cloud: Cloud, worker: Document, new: NewVersion, bindings: list[Binding]) -> None:
    for binding in bindings:
        if isinstance(binding, Service) and cloud.store.worker_named(binding.service) is None:
            unresolved = f"Could not resolve service binding '{binding.name}'."
            raise ApiError(400, 10143, f"{unresolved} Target script '{binding.service}' not found.")
        if binding.type == "assets" and (new.assets is None or new.assets.jwt is None):
            raise ApiError(
                400,
                10021,
                f"The binding {binding.name} of type assets needs assets in the version of {worker['name']}.",
            )


def _code(worker: Document, new: NewVersion, bindings: list[Binding], metadata: Document) -> Document | None:
    """What the router loads (router/versions.ts); None for a version of assets only."""
    contents = [(module, _decoded(module)) for module in new.modules if module.content_type != _SOURCE_MAP]
    size = sum(len(content) for _, content in contents)
    if size > SCRIPT_BYTES.paid:
        raise ApiError(400, 10027, f"The script has {size} bytes, more than {SCRIPT_BYTES.paid}.")
    modules = [_module(module, content) for module, content in contents if module.name not in _RULES]
    if not modules and new.main_module is None:
        if new.assets is None:
            raise malformed("a version has modules, assets, or both")
        return None
    if all(module["name"] != new.main_module for module in modules):
        raise ApiError(
            400, 10021, f"No such module: main_module {new.main_module!r} is not among the modules."
        )
    if new.compatibility_date is None:
        raise ApiError(400, 10021, "compatibility_date is needed.")
    limits = new.limits or Limits()
    return {
        "worker": worker["name"],
        "mainModule": new.main_module,
        "modules": modules,
        "compatibilityDate": new.compatibility_date,
        "compatibilityFlags": new.compatibility_flags,
        "bindings": [loaded(binding, metadata) for binding in bindings],
        "limits": {
            name: value
            for name, value in (("cpuMs", limits.cpu_ms), ("subRequests", limits.subrequests))
            if value is not None
        },
    }


def _decoded(module: Module) -> bytes:
    try:
        return base64.b64decode(module.content_base64, validate=True)
    except (binascii.Error, ValueError):
        raise malformed(f"the module {module.name} is not base64") from None


def _module(module: Module, content: bytes) -> Document:
    kind = KINDS.get(module.content_type.partition(";")[0].strip())
    if kind is None:
        raise NotEmulated(f"the module type {module.content_type} (of {module.name})")
    if kind in ("data", "wasm"):
        return {"name": module.name, "kind": kind, "body": base64.b64encode(content).decode()}
    try:
        return {"name": module.name, "kind": kind, "body": content.decode()}
    except UnicodeDecodeError:
        raise ApiError(400, 10021, f"The module {module.name} is not UTF-8.") from None


def _asset_config(cloud: Cloud, new: NewVersion, *, has_script: bool) -> Document | None:
    if new.assets is None or new.assets.jwt is None:
        return None
    config = new.assets.config
    manifest = assets.uploaded(cloud, new.assets.jwt)
    rules = {
        module.name: _decoded(module).decode("utf-8", "replace")
        for module in new.modules
        if module.name in _RULES
    }
    if isinstance(config.run_worker_first, list):
        _check_rules(config.run_worker_first)
    return {
        "script": has_script,
        "htmlHandling": config.html_handling,
        "notFoundHandling": config.not_found_handling,
        "runWorkerFirst": config.run_worker_first,
        "files": {
            path: {"hash": entry["hash"], "type": _content_type(cloud, path, entry["hash"])}
            for path, entry in manifest.items()
        },
        "headers": parse_headers(rules.get("_headers", ""), cloud.plan),
        "redirects": parse_redirects(rules.get("_redirects", ""), cloud.plan),
    }


def _check_rules(rules: list[str]) -> None:
    if any(not rule.startswith(("/", "!/")) for rule in rules) or all(rule.startswith("!") for rule in rules):
        raise ApiError(
            400, 10021, "run_worker_first: rules start with `/` or `!/`, and one of them has no `!`."
        )


def _content_type(cloud: Cloud, path: str, digest: str) -> str | None:
    """The type it was uploaded with, if any; else by its name, as Cloudflare's own uploader chooses it."""
    asset = cloud.store.get("asset", digest)
    given = asset["content_type"] if asset else None
    if given and given not in ("application/octet-stream", "application/null", "text/plain"):
        return str(given)
    guessed, encoding = mimetypes.guess_type(path)
    if guessed is None or encoding is not None:
        return None if given == "application/null" else given
    textual = guessed.startswith("text/") or guessed in ("application/javascript", "application/json")
    return f"{guessed}; charset=utf-8" if textual else guessed


def _version(request: Request) -> Document:
    cloud = cloud_of(request)
    return cloud.store.version(
        cloud.store.worker(request.path_params["worker"])["id"], request.path_params["version"]
    )


def _shown(version: Document) -> Document:
    return {name: value for name, value in version.items() if name not in ("worker_id", "modules")}


def _modules_shown(cloud: Cloud, version: Document) -> list[Document]:
    bodies = {module["name"]: module for module in cloud.files.code(version["id"])["modules"]}
    return [
        {**each, "content_base64": _encoded(bodies[each["name"]])}
        for each in version["modules"]
        if each["name"] in bodies
    ]


def _encoded(module: Document) -> str:
    body: str = module["body"]
    return body if module["kind"] in ("data", "wasm") else base64.b64encode(body.encode()).decode()
