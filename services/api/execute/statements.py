"""A route's statements with the values of one request, as Hrana takes them.

The edge's twin: services/edge/src/execute/statements.ts.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.api.execute.numbers import js_number
from services.common.manifest import Arg, Statement

Sources = Mapping[str, Mapping[str, Any]]
"""The values of a request by place and field."""
Encoded = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Bound:
    name: str
    source: str
    field: str
    encode: Callable[[Any], Encoded]


class Bindable:
    """A statement of the manifest. `limit`: the query's parameter that is bound plus one."""

    def __init__(self, statement: Statement, limit: str | None) -> None:
        self._sql = statement.sql
        self._args = [_bound(arg, limit) for arg in statement.args]

    def bind(self, sources: Sources) -> Encoded:
        """As Hrana takes it."""
        named = []
        for arg in self._args:
            value = sources[arg.source].get(arg.field)
            named.append({"name": arg.name, "value": _NULL if value is None else arg.encode(value)})
        return {"sql": self._sql, "named_args": named}


_NULL: Encoded = {"type": "null"}


def _bound(arg: Arg, limit: str | None) -> _Bound:
    # One more than asked for tells whether there is a next page.
    one_more = limit is not None and (arg.source, arg.field) == ("query", limit)
    return _Bound(arg.name, arg.source, arg.field, _next_integer if one_more else _ENCODERS[arg.type])


def _text(value: str) -> Encoded:
    return {"type": "text", "value": value}


def _integer(value: float | str) -> Encoded:
    # JSON Schema and JavaScript take 1.0 for an integer.
    return {"type": "integer", "value": str(int(value))}


def _next_integer(value: float) -> Encoded:
    return {"type": "integer", "value": str(int(value) + 1)}


def _real(value: float) -> Encoded:
    # Adding turns -0.0 into 0.0: JSON.stringify writes no sign.
    return {"type": "float", "value": float(value) + 0.0}


def _boolean(value: bool) -> Encoded:
    return {"type": "integer", "value": "1" if value else "0"}


def _blob(value: str) -> Encoded:
    return {"type": "blob", "base64": value}


def _json(value: Any) -> Encoded:
    return {"type": "text", "value": js_json(value)}


_ENCODERS: Mapping[str, Callable[[Any], Encoded]] = {
    "text": _text,
    "integer": _integer,
    "int64": _integer,
    "real": _real,
    "boolean": _boolean,
    "blob": _blob,
    "json": _json,
}


def js_json(value: Any) -> str:
    """A list of scalars, or a scalar, as JSON.stringify writes it."""
    match value:
        case list():
            return f"[{','.join(map(js_json, value))}]"
        case bool() | None | str():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return js_number(float(value))
