"""What happens to every request around its handler; app.py gives the order.

The edge's twin: services/edge/src/stages.ts.
"""

import time
import traceback
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.reply import Reply, json_reply
from services.api.request import header
from services.common.front_door import is_health_check, target_of
from services.common.hrana import DatabaseFailure, Trips, trips
from services.common.log import write_log
from services.common.problem import CONTENT_TYPE, Problem
from services.common.request_id import request_id
from services.settings import ApiSettings

TIER = "api"
RETRY_AFTER_SECONDS = 5


class AccessLog:
    """Request id, x-served-by, x-release, server-timing, and one line in the log."""

    def __init__(self, app: ASGIApp, settings: ApiSettings) -> None:
        self._app, self._settings = app, settings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        state = scope.setdefault("state", {})
        state["id"] = request_id(header(scope, "x-request-id"))
        taken, started, status = Trips(), time.perf_counter(), 0
        trips.set(taken)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                self._sign_off(MutableHeaders(scope=message), state["id"], taken, _ms_since(started))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        finally:
            self._write(scope, status, _ms_since(started), taken)

    def _sign_off(self, headers: MutableHeaders, request: str, taken: Trips, ms: float) -> None:
        headers["x-request-id"] = request
        headers["x-served-by"] = TIER
        headers["x-release"] = self._settings.release
        database = f"db;dur={taken.ms:.1f}, " if taken.count else ""
        headers["server-timing"] = f"{database}{TIER};dur={ms:.1f}"
        headers.setdefault("cache-control", "no-store")

    def _write(self, scope: Scope, status: int, ms: float, taken: Trips) -> None:
        state = scope["state"]
        line: dict[str, Any] = {
            "id": state["id"],
            "tier": TIER,
            "server": self._settings.server_name,
            "method": scope["method"],
            # The pattern of the route, never the path itself, which may name people.
            "route": state.get("route"),
            "status": status,
            "ms": round(ms, 1),
        }
        if taken.count:
            line["database"] = {"ms": round(taken.ms, 1), "rowsRead": taken.rows_read}
        if "failure" in state:
            line["failure"] = state["failure"]
        write_log("request", **line)


class Health:
    """Answers the check on the host itself, which nobody signs."""

    def __init__(self, app: ASGIApp, release: str) -> None:
        self._app = app
        self._healthy = json_reply({"release": release})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if is_health_check(scope["method"], target_of(scope)):
            await self._healthy.send(send, head=False)
        else:
            await self._app(scope, receive, send)


class ProblemDocuments:
    """Whatever is raised below becomes an RFC 9457 document, unless the answer has begun."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            state = scope.setdefault("state", {})
            if (failure := _for_log(error)) is not None:
                state["failure"] = failure
            if begun:
                raise
            reply = _document(_problem_of(error), str(state.get("id", "")))
            await reply.send(send, head=scope["method"] == "HEAD")


def _document(problem: Problem, request: str) -> Reply:
    headers = {**problem.headers, "content-type": CONTENT_TYPE}
    return Reply(problem.status, headers, problem.document(request), problem.cookies)


def _problem_of(error: Exception) -> Problem:
    """What a client may know of an error."""
    match error:
        case Problem():
            return error
        case DatabaseFailure(kind="unavailable"):
            retry = {"retry-after": str(RETRY_AFTER_SECONDS)}
            return Problem(503, "The database doesn't answer. Try again shortly.", retry)
        case DatabaseFailure(kind="unexpected"):
            return Problem(502, "The database gave an answer that makes no sense.")
        case DatabaseFailure():
            return Problem(500, "The database refused the request.")
        case _:
            return Problem(500, "Something went wrong here.")


def _for_log(error: Exception) -> str | None:
    match error:
        case Problem():
            return None
        case DatabaseFailure(kind=kind, message=message):
            return f"database {kind}: {message}"
        case _:
            # Where it was, and what kind: an error's own words may hold what the request carried.
            return "".join(traceback.format_tb(error.__traceback__)) + type(error).__name__


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000
