"""Reads what a client sent, within limits, and holds it against a model.

The edge's twin: services/edge/src/input.ts.
"""

import json
from typing import Any, NoReturn, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request

from services.common.problem import FieldError, Problem

MAX_BODY_BYTES = 64 * 1024

M = TypeVar("M", bound="Input")


class Input(BaseModel):
    """A body or a query. Every field's description says what a value must be, in words."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, regex_engine="python-re")


async def json_body(request: Request, model: type[M]) -> M:
    """Raises Problem 400, 413, 415, or 422 that names every field at fault."""
    if not _is_json(request.headers.get("content-type", "")) or "content-encoding" in request.headers:
        raise Problem(415, "Send the body as application/json in UTF-8, without a content encoding.")
    return _valid(_parsed(await _limited(request)), model, "body", 422)


def query_of(request: Request, model: type[M]) -> M:
    """Raises Problem 400 that names every parameter at fault, or given twice."""
    items = request.query_params.multi_items()
    names = [name for name, _ in items]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        errors = [FieldError(f"query/{repeated}", "is given more than once")]
        raise Problem(400, "The query is not valid.", errors=errors)
    return _valid(dict(items), model, "query", 400)


def _valid(data: Any, model: type[M], place: str, status: int) -> M:
    if not isinstance(data, dict):
        error = FieldError(place, "must be a JSON object")
        raise Problem(status, f"The {place} is not valid.", errors=[error])
    try:
        return model.model_validate(data)
    except ValidationError as error:
        faults = {f"{place}/{each['loc'][0]}": _words(model, each) for each in error.errors()}
        errors = [FieldError(path, message) for path, message in faults.items()]
        raise Problem(status, f"The {place} is not valid.", errors=errors) from None


def _words(model: type[BaseModel], fault: Any) -> str:
    if fault["type"] == "missing":
        return "is missing"
    if fault["type"] == "extra_forbidden":
        return "is not known here"
    return f"must be {model.model_fields[str(fault['loc'][0])].description}"


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = next((part for part in parameters if part.startswith("charset=")), "charset=utf-8")
    return kind == "application/json" and charset in ("charset=utf-8", 'charset="utf-8"')


async def _limited(request: Request) -> bytes:
    """Counts while reading: a Content-Length may be missing or wrong."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            raise Problem(413, f"The body must be at most {MAX_BODY_BYTES} bytes.")
    return bytes(body)


def _parsed(body: bytes) -> Any:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise Problem(400, "The body is not valid UTF-8.") from None
    try:
        value = json.loads(text, parse_constant=_refuse)
        # A lone surrogate can only come in as an escape, and could not go out again as UTF-8.
        json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not valid JSON.") from None
    return value


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
