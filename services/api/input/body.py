"""A JSON body, within limits. The edge's twin: services/edge/src/input/body.ts."""

import json
import re
from typing import Any, NoReturn

from services.api.input.schema import SAFE, Schema, field_errors
from services.api.request import Request
from services.common.problem import Problem

_CHARSET = re.compile(r'charset="?utf-8"?')
_SURROGATE_ESCAPE = re.compile(r"\\u[dD][89a-fA-F]")
_MOST_DIGITS = len(str(-SAFE))


async def read_body(request: Request, most: int) -> bytes:
    """Raises Problem 415, or 413 above `most` bytes."""
    if not _is_json(request.header("content-type") or "") or request.header("content-encoding") is not None:
        raise Problem(415, "Send the body as application/json in UTF-8, without a content encoding.")
    # Counts while reading: a Content-Length may be missing or wrong.
    chunks: list[bytes] = []
    size, more = 0, True
    while more:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError("the client went away")
        chunks.append(message.get("body", b""))
        size += len(chunks[-1])
        if size > most:
            raise Problem(413, f"The body must be at most {most} bytes.")
        more = message.get("more_body", False)
    return b"".join(chunks)


def body_values(body: bytes, schema: Schema) -> dict[str, Any]:
    """Raises Problem 400, or 422 that names every field at fault."""
    values = _parsed(body)
    faults = schema.faults(values)
    if faults:
        raise Problem(422, "The body is not valid.", errors=field_errors("body", faults))
    schema.fill(values)
    return dict(values)


def _is_json(content_type: str) -> bool:
    kind, *parameters = (part.strip() for part in content_type.lower().split(";"))
    charset = next((part for part in parameters if part.startswith("charset=")), None)
    return kind == "application/json" and (charset is None or _CHARSET.fullmatch(charset) is not None)


def _parsed(body: bytes) -> Any:
    try:
        # One byte order mark may stand before the text, as at the edge.
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Problem(400, "The body is not valid UTF-8.") from None
    try:
        value = json.loads(text, parse_int=_integer, parse_constant=_refuse)
        if _SURROGATE_ESCAPE.search(text):
            # A lone surrogate could not go out again as UTF-8.
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        raise Problem(400, "The body is not valid JSON.") from None
    return value


def _integer(digits: str) -> Any:
    # Beyond these it is the nearest double at the edge.
    number = int(digits) if len(digits) <= _MOST_DIGITS else SAFE + 1
    return number if -SAFE <= number <= SAFE else float(digits)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
