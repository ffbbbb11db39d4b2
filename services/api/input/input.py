"""The input of one route: path, query and body as values of the manifest's types.

The edge's twin: services/edge/src/input/input.ts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.api.input.body import body_values, read_body
from services.api.input.query import path_values, query_values
from services.api.input.schema import NOTHING, Schema, Values, fits_int64
from services.api.request import Request
from services.common.manifest import Arg, Route, Sql
from services.common.problem import Problem

NOTHING_THERE = "There is nothing at this path."


@dataclass(frozen=True, slots=True)
class Input:
    """`raw`: the body as it came."""

    path: Values
    query: Values
    body: Values
    raw: bytes


class Acceptor:
    """Reads one route's input."""

    def __init__(self, route: Route, schemas: Mapping[str, Mapping[str, Any]]) -> None:
        args = _args(route)
        self._path = _schema(schemas, route.input.path, "path", args)
        self._query = _schema(schemas, route.input.query, "query", args) or Schema(NOTHING)
        self._body = _schema(schemas, route.input.body, "body", args)
        self._body_bytes = route.body_bytes
        missing = route.run.answer.missing if isinstance(route.run, Sql) else None
        self._missing = missing or NOTHING_THERE

    async def read(self, request: Request, texts: Mapping[str, str]) -> Input:
        """`texts`: the path's parameters. Raises Problem 404, 400; then 415, 413, 400 or 422 for the body."""
        path = {} if self._path is None else path_values(texts, self._path)
        if path is None:
            raise Problem(404, self._missing)
        query = query_values(request.query, self._query)
        if self._body is None:
            return Input(path, query, {}, b"")
        raw = await read_body(request, self._body_bytes)
        return Input(path, query, body_values(raw, self._body), raw)


def _schema(
    schemas: Mapping[str, Mapping[str, Any]], key: str | None, place: str, args: Sequence[Arg]
) -> Schema | None:
    if key is None:
        return None
    wide = [arg.field for arg in args if (arg.source, arg.type) == (place, "int64")]
    return Schema(schemas[key], dict.fromkeys(wide, fits_int64))


def _args(route: Route) -> Sequence[Arg]:
    return [arg for each in route.run.statements for arg in each.args] if isinstance(route.run, Sql) else []
