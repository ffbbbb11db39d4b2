"""TypeScript types of what goes in and out, for the edge's handlers and the page."""

import json
from collections.abc import Mapping
from typing import Any

from infra.manifest import schemas
from infra.manifest.compile import Compiled
from infra.routes.route import Many, One, Route

_HEAD = """// Generated from infra/routes by `make routes`: change the declarations, not this file.
"""


def declarations(compiled: Compiled, routes: Mapping[str, Route]) -> str:
    """One interface per input and per row, and one per route."""
    inputs = [_interface(name, schema) for name, schema in compiled.manifest.schemas.items()]
    rows = {each.returns.row for each in routes.values() if each.sql and isinstance(each.returns, One | Many)}
    answers = [_row(row) for row in sorted(rows, key=lambda row: row.__name__)]
    return "\n".join([_HEAD, *inputs, *answers, _routes(compiled, routes)])


def _interface(name: str, schema: schemas.Schema) -> str:
    lines = [f"export interface {name} {{"]
    for key, each in schema["properties"].items():
        if said := _said(each):
            lines.append(f"  /** {said} */")
        lines.append(f"  readonly {key}: {_type(each)};")
    return "\n".join([*lines, "}", ""])


def _row(row: type[Any]) -> str:
    return _interface(row.__name__, {"properties": schemas.fields(row)})


def _said(schema: schemas.Schema) -> str:
    return str(schema.get("description", "")).replace("*/", "")


def _type(schema: schemas.Schema) -> str:
    if "enum" in schema:
        return " | ".join(json.dumps(value) for value in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    kinds = schema.get("type", "unknown")
    return " | ".join(_of_kind(kind, schema) for kind in (kinds if isinstance(kinds, list) else [kinds]))


def _of_kind(kind: str, schema: schemas.Schema) -> str:
    if kind == "array":
        return f"readonly ({_type(schema.get('items', {}))})[]"
    return {"string": "string", "integer": "number", "number": "number"}.get(kind, kind)


def _routes(compiled: Compiled, routes: Mapping[str, Route]) -> str:
    lines = ["/** By a route's name: what it takes, once validated, and what it answers. */"]
    lines.append("export interface Routes {")
    for route in compiled.manifest.routes:
        path, query, body = (
            each or "null" for each in (route.input.path, route.input.query, route.input.body)
        )
        answer = _answered(routes[route.name])
        lines.append(
            f"  readonly {route.name}: {{ path: {path}; query: {query}; body: {body}; answer: {answer} }};"
        )
    return "\n".join([*lines, "}", ""])


def _answered(route: Route) -> str:
    if route.sql is None:
        return "unknown"
    match route.returns:
        case One(row):
            return row.__name__
        case Many(row):
            return f"{{ readonly {row.many}: readonly {row.__name__}[]; readonly next: string | null }}"
        case _:
            return "null"
