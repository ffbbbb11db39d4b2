"""/zones/{zone}/rulesets: the zone's request header rules (Rulesets API docs, read 2026-11-26).

A zone has one ruleset for each phase, with every rule of the phase in it. A rule keeps its id from one
version to the next by its `ref`. With `dry_run=true` what is sent is only checked.
"""

from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from infra.localcloud.cloudflare.cloud import cloud_of
from infra.localcloud.cloudflare.envelope import body, now, ok
from infra.localcloud.cloudflare.errors import ApiError, NotEmulated, no_path
from infra.localcloud.cloudflare.store import Document, new_id
from infra.localcloud.cloudflare.transforms import Rule, compile_rules

PHASE = "http_request_late_transform"


class Ruleset(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1)
    kind: str
    phase: str
    description: str = ""
    rules: list[Rule] = []


class Change(BaseModel):
    """An update states all rules; what else it states of a ruleset has to be so already."""

    model_config = ConfigDict(extra="forbid")

    rules: list[Rule]
    description: str = ""
    name: str | None = None
    kind: str | None = None
    phase: str | None = None


async def listed(request: Request) -> Response:
    """Without their rules."""
    return ok([_without(_shown(each), "rules") for each in cloud_of(request).store.all("ruleset")])


async def create(request: Request) -> Response:
    cloud, new = cloud_of(request), await body(request, Ruleset)
    if (new.kind, new.phase) != ("zone", PHASE):
        raise NotEmulated(f"a ruleset of kind {new.kind} for the phase {new.phase}")
    if any(each["phase"] == new.phase for each in cloud.store.all("ruleset")):
        reason = f"exceeded maximum number of zone rulesets for phase {new.phase}"
        raise ApiError(400, 20217, f"'zone' is not a valid value for kind because {reason}")
    fixed = {"id": new_id(), "name": new.name, "kind": new.kind, "phase": new.phase}
    return await _put(request, {**fixed, "version": "0", "rules": []}, new)


async def get(request: Request) -> Response:
    return ok(_shown(_known(request)))


async def update(request: Request) -> Response:
    known, change = _known(request), await body(request, Change)
    for name in ("name", "kind", "phase"):
        if getattr(change, name) not in (None, known[name]):
            raise ApiError(400, 20127, f"{name}: a ruleset keeps its {name}")
    return await _put(request, known, change)


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    cloud.store.delete("ruleset", _known(request)["id"])
    await cloud.apply()
    return Response(status_code=204)


async def _put(request: Request, known: Document, new: Ruleset | Change) -> Response:
    cloud = cloud_of(request)
    ruleset = {
        **known,
        "description": new.description,
        "version": str(int(known["version"]) + 1),
        "last_updated": now(),
        "transforms": compile_rules(new.rules, cloud.zone_plan),
        "rules": _rules(known["rules"], new.rules),
    }
    if request.query_params.get("dry_run") != "true":
        cloud.store.put("ruleset", ruleset)
        await cloud.apply()
    return ok(_shown(ruleset))


def _rules(known: list[Document], rules: list[Rule]) -> list[Document]:
    """With what Cloudflare adds: ids, and a version that counts the changes."""
    before = {rule["ref"]: rule for rule in known}
    stated = [rule.model_dump(exclude_none=True, exclude_unset=True) for rule in rules]
    return [_rule(before.get(each.get("ref", "")), each) for each in stated]


def _rule(before: Document | None, stated: Document) -> Document:
    identity = before["id"] if before else new_id()
    rule = {"description": "", "enabled": True, "ref": identity, **stated, "id": identity}
    if before and rule == _without(before, "version", "last_updated"):
        return before
    return {**rule, "version": str(int(before["version"]) + 1 if before else 1), "last_updated": now()}


def _known(request: Request) -> Document:
    found = cloud_of(request).store.get("ruleset", request.path_params["ruleset"])
    if found is None:
        raise no_path(request.url.path)
    return found


def _shown(ruleset: Document) -> Document:
    return _without(ruleset, "transforms")


def _without(document: Document, *names: str) -> Document:
    return {name: value for name, value in document.items() if name not in names}
