"""Failures at the gRPC border: a mistake is one message; a defect names its place, without a traceback."""

import functools
import traceback
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import grpc

from infra.errors import UserError

_Answer = TypeVar("_Answer")
_Method = Callable[[Any, Any, Any], _Answer]


def guarded(method: _Method[_Answer]) -> _Method[_Answer]:
    """A StandIn's method, with its failures as the call's status: no traceback reaches the output."""

    @functools.wraps(method)
    def answer(servicer: Any, request: Any, context: Any) -> _Answer:
        try:
            return method(servicer, request, context)
        except UserError as error:
            message = str(error)
        except Exception as error:
            # The message of an unforeseen error may hold a value; its type and place never do.
            frame = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{frame.filename.rpartition('/')[2]}:{frame.lineno}"
            fault = f"{type(error).__name__} in {method.__name__} at {place}"
            message = f"defect in Shoreline's {servicer.identity.name} plugin: {fault}"
        context.abort(grpc.StatusCode.UNKNOWN, message)
        raise AssertionError("abort returns never")

    return answer


def refusal(what: Callable[[Any], str]) -> Callable[[Any, Any, Any], NoReturn]:
    """A method of the official plugin that a StandIn doesn't serve, refused by name."""

    def refuse(servicer: Any, request: Any, context: Any) -> NoReturn:
        identity = servicer.identity
        message = f"{what(request)}: {identity} has none. {identity.remedy}"
        context.abort(grpc.StatusCode.UNIMPLEMENTED, message)
        raise AssertionError("abort returns never")

    return refuse
