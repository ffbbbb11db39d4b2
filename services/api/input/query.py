"""The query and the path's parameters as values. The edge's twin: services/edge/src/input/query.ts."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from services.api.input.schema import Schema, field_errors
from services.common.problem import Problem

REPEATED = "is given more than once"


def query_values(raw: bytes, schema: Schema) -> dict[str, Any]:
    """Raises Problem 400 that names every parameter that is at fault, or given twice."""
    texts: dict[str, str] = {}
    repeated: dict[str | None, str] = {}
    for name, text in _pairs(raw):
        if name in texts:
            repeated[name] = REPEATED
        texts.setdefault(name, text)
    values = schema.converted(texts)
    faults = {**schema.faults(values), **repeated}
    if faults:
        raise Problem(400, "The query is not valid.", errors=field_errors("query", faults))
    schema.fill(values)
    return values


def path_values(texts: Mapping[str, str], schema: Schema) -> dict[str, Any] | None:
    """None where they can name nothing."""
    values = schema.converted(texts)
    return None if schema.faults(values) else values


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    """As browsers' URLSearchParams reads them."""
    pairs = [part.partition(b"=") for part in raw.replace(b"+", b" ").split(b"&") if part]
    return [(_text(name), _text(value)) for name, _, value in pairs]


def _text(raw: bytes) -> str:
    return unquote_to_bytes(raw).decode("utf-8", "replace")
