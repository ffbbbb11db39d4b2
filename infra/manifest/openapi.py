"""OpenAPI 3.1 of the whole application: what a client sends to each route, and all that can come back."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import models_json_schema

from infra.manifest.compile import Compiled
from infra.manifest.model import ManifestRoute, RunSql
from infra.manifest.paths import parameters
from infra.routes.route import Answer, Content, Many, Member, Nothing, One, Public, Route

Json = dict[str, Any]

_COMPONENTS = "#/components/schemas/"
_PROBLEM = "application/problem+json"
_ABOUT = (
    "Made of infra/routes: both tiers, edge and server, run the same declarations."
    " A browser's requests that change something must come from the application's own pages."
)
_SESSION = "The access token, which signing in sets; over HTTPS the cookie is `__Host-session`."
_TITLES = {413: "Content Too Large", 416: "Range Not Satisfiable", 422: "Unprocessable Content"}
_TITLES |= {460: "Checksum Mismatch"}


class FieldProblem(BaseModel):
    """One thing that is wrong with a request: `path` is like `body/title`."""

    model_config = ConfigDict(extra="forbid")

    path: str
    message: str


class Problem(BaseModel):
    """An error after RFC 9457."""

    model_config = ConfigDict(extra="forbid")

    type: Literal["about:blank"]
    title: str
    status: int
    detail: str
    requestId: str  # noqa: N815 - as the document has it
    errors: list[FieldProblem] = []


def document(compiled: Compiled, routes: Mapping[str, Route]) -> Json:
    """Of every route below /api, and the pages made by code. The static files have no declaration each."""
    paths: dict[str, Json] = {}
    for route in compiled.manifest.routes:
        if route.run.kind != "asset":
            operation = _operation(route, routes[route.name], compiled.manifest.schemas)
            paths.setdefault(route.path, {})[route.method.lower()] = operation
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shoreline", "version": "1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": _schemas(compiled, routes),
            "securitySchemes": {
                "session": {"type": "apiKey", "in": "cookie", "name": "session", "description": _SESSION}
            },
        },
    }


def _schemas(compiled: Compiled, routes: Mapping[str, Route]) -> Json:
    rows = {each.returns.row for each in routes.values() if isinstance(each.returns, One | Many)}
    models: list[type[BaseModel]] = [Problem, *sorted(rows, key=lambda row: row.__name__)]
    _, made = models_json_schema(
        [(model, "serialization") for model in models], ref_template=_COMPONENTS + "{model}"
    )
    bodies = {key: compiled.manifest.schemas[key] for key in _bodies(compiled)}
    return dict(sorted({**_without_titles(made["$defs"]), **bodies}.items()))


def _bodies(compiled: Compiled) -> list[str]:
    return [route.input.body for route in compiled.manifest.routes if route.input.body is not None]


def _without_titles(value: Any) -> Any:
    """Pydantic names every field; and marks of the compiler's own are nobody else's."""
    if isinstance(value, list):
        return [_without_titles(each) for each in value]
    if not isinstance(value, dict):
        return value
    kept = {key: each for key, each in value.items() if not (_is_title(key, each) or key.startswith("x-"))}
    return {key: _without_titles(each) for key, each in kept.items()}


def _is_title(key: str, value: Any) -> bool:
    """And not a property of that name."""
    return key == "title" and isinstance(value, str)


def _operation(route: ManifestRoute, declared: Route, schemas: Mapping[str, Json]) -> Json:
    operation: Json = {
        "operationId": route.name,
        "tags": [_tag(route.path)],
        "parameters": _parameters(route, declared, schemas),
        "security": [] if isinstance(declared.access, Public) else [{"session": []}],
    }
    if isinstance(declared.access, Member):
        operation["description"] = f"For members, of the role {declared.access.role} or one above it."
    if (body := _body(route, declared)) is not None:
        operation["requestBody"] = body
    return {**operation, "responses": _responses(route, declared)}


def _tag(path: str) -> str:
    """The noun that the path is about."""
    words = [word for word in re.sub(r"\{\w+\}", "", path).split("/") if word not in ("", "api")]
    return next((word for word in words if word not in ("workspaces", "servers")), "workspaces")


def _parameters(route: ManifestRoute, declared: Route, schemas: Mapping[str, Json]) -> list[Json]:
    found = []
    for place, key in (("path", route.input.path), ("query", route.input.query)):
        schema = schemas[key] if key else {"properties": {}, "required": []}
        for name, each in schema["properties"].items():
            required = place == "path" or name in schema["required"]
            found.append({"name": name, "in": place, "required": required, "schema": _given(each, required)})
    for name, said in declared.headers.items():
        found.append(_header(name, said, required=True))
    if declared.idempotent:
        said = "Sent again with the same request, the request is done once."
        found.append(_header("Idempotency-Key", said, required=False, pattern="^[!-~]{1,128}$"))
    return found


def _given(schema: Json, required: bool) -> Json:
    """A parameter is left out instead of null."""
    if required or not isinstance(schema.get("type"), list):
        return schema
    [kind] = [each for each in schema["type"] if each != "null"]
    changed = {key: each for key, each in schema.items() if not (key == "default" and each is None)}
    return {**changed, "type": kind}


def _header(name: str, said: str, *, required: bool, **schema: str) -> Json:
    described = {"type": "string", **schema}
    return {"name": name, "in": "header", "required": required, "description": said, "schema": described}


def _body(route: ManifestRoute, declared: Route) -> Json | None:
    if route.input.body is not None:
        return {"required": True, "content": _content("application/json", _ref(route.input.body))}
    if declared.takes is not None:
        return {"required": True, "content": _content(declared.takes, {"type": "string", "format": "binary"})}
    return None


def _responses(route: ManifestRoute, declared: Route) -> Json:
    answers = _answers(route, declared)
    for status in sorted(_refusals(route, declared)):
        answer = answers.setdefault(str(status), _described(status))
        answer["content"] = {**answer.get("content", {}), **_content(_PROBLEM, _ref("Problem"))}
    trouble = "The server's, the database's or the way to them: try again after Retry-After."
    answers["5XX"] = {"description": trouble, "content": _content(_PROBLEM, _ref("Problem"))}
    return answers


def _answers(route: ManifestRoute, declared: Route) -> dict[str, Json]:
    if declared.tier == "realtime":
        return {"101": _described(101)}
    answers = _of(declared.returns)
    if declared.reads_only and (isinstance(route.run, RunSql) or "206" in answers):
        answers["304"] = _described(304)
    if "206" in answers:
        answers["416"] = _described(416)
    return answers


def _of(answer: Answer | None) -> dict[str, Json]:
    match answer:
        case One(row, status=status, location=location):
            said = _described(status, _content("application/json", _ref(row.__name__)))
            if location is not None:
                said["headers"] = {"location": {"required": True, "schema": {"type": "string"}}}
            return {str(status): said}
        case Many():
            return {"200": _described(200, _content("application/json", _list(answer)))}
        case Content(media, statuses=statuses):
            return {str(status): _described(status, {media: {}}) for status in statuses}
        case Nothing(status=status):
            return {str(status): _described(status)}
        case None:
            return {}


def _list(many: Many) -> Json:
    properties = {
        many.row.many: {"type": "array", "items": _ref(many.row.__name__)},
        "next": _cursor(many),
    }
    return {"type": "object", "required": list(properties), "properties": properties}


def _cursor(many: Many) -> Json:
    """What the last row has there, or null where the list ends."""
    properties = many.row.model_json_schema(mode="serialization")["properties"]
    return {"type": [properties.get(many.cursor, {}).get("type", "string"), "null"]}


def _refusals(route: ManifestRoute, declared: Route) -> set[int]:
    """The statuses of problems that the request itself can cause."""
    found = {400, *declared.problems}
    found |= set() if isinstance(declared.access, Public) else {401}
    found |= {403} if isinstance(declared.access, Member) or not declared.reads_only else set()
    found |= {404} if parameters(route.path) else set()
    found |= {413, 415, 422} if route.input.body is not None else set()
    found |= {415} if declared.takes is not None else set()
    found |= {409} if declared.conflict is not None else set()
    found |= {426, 403, 404} if declared.tier == "realtime" else set()
    found |= {429} if route.rate_limits else set()
    if isinstance(declared.returns, One | Nothing) and declared.returns.missing is not None:
        found.add(404)
    return found


def _described(status: int, content: Json | None = None) -> Json:
    said: Json = {"description": _TITLES.get(status) or HTTPStatus(status).phrase}
    return said if content is None else {**said, "content": content}


def _content(media: str, schema: Json) -> Json:
    return {media: {"schema": schema}}


def _ref(name: str) -> Json:
    return {"$ref": _COMPONENTS + name}
