"""Cloudflare's answer envelope, and bodies read into models (API v4 docs, 2026-11-23)."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse

from infra.localcloud.cloudflare.errors import ApiError, malformed

T = TypeVar("T")


def now() -> str:
    """The present as the API writes it."""
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def ok(result: Any, status: int = 200, info: dict[str, Any] | None = None) -> JSONResponse:
    body = {"success": True, "errors": [], "messages": [], "result": result}
    return JSONResponse(body if info is None else {**body, "result_info": info}, status)


def failure(error: ApiError) -> JSONResponse:
    errors = [{"code": error.code, "message": error.message}]
    return JSONResponse({"success": False, "errors": errors, "messages": [], "result": None}, error.status)


def page(request: Request, items: Sequence[Any], default: int = 20) -> JSONResponse:
    """One page of a list, by the `page` and `per_page` of the query."""
    number, size = (
        _positive(request, name, fallback) for name, fallback in (("page", 1), ("per_page", default))
    )
    shown = items[(number - 1) * size : number * size]
    info = {
        "page": number,
        "per_page": size,
        "count": len(shown),
        "total_count": len(items),
        "total_pages": -(-len(items) // size),
    }
    return ok(list(shown), info=info)


async def body(request: Request, model: type[T]) -> T:
    """The JSON body as this type. Raises ApiError 10006 that names every wrong field, never its value."""
    return parsed(await request.body(), model)


def parsed(text: bytes | str, model: type[T]) -> T:
    try:
        return TypeAdapter(model).validate_python(json.loads(text))
    except ValidationError as error:
        problems = (
            f"{'.'.join(map(str, e['loc'])) or 'body'}: {e['msg']}" for e in error.errors(include_input=False)
        )
        raise malformed("; ".join(problems)) from None
    except ValueError:
        raise malformed("the body is not JSON") from None


def _positive(request: Request, name: str, fallback: int) -> int:
    text = request.query_params.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and int(text) > 0 else fallback
