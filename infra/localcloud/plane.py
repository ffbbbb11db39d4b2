"""What control planes whose errors are `{"error": "..."}` share: refusals, and input read into a model."""

import json
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response


class RefusedError(Exception):
    """An error answer."""

    def __init__(self, status: int, error: str) -> None:
        super().__init__(f"{status} {error}")
        self.status = status
        self.error = error


class Wire(BaseModel):
    """A request's body; what it does not name is refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


Input = TypeVar("Input", bound=Wire)


async def read(request: Request, model: type[Input]) -> Input:
    """The request's JSON body. Raises RefusedError (400), which names the first mistake's place."""
    try:
        return model.model_validate(json.loads(await request.body()))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "body"
        raise RefusedError(400, f"invalid {place}: {first['msg']}") from None
    except ValueError:
        raise RefusedError(400, "could not parse the request body as JSON") from None


def error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)
