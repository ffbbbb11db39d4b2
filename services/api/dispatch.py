"""From a request to the route that answers it: match, access, input, then its SQL or its handler.

The edge's twin: the stages of services/edge/src/index.ts.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

from services.api.access.access import check_access
from services.api.execute.execute import Execution
from services.api.handlers import HANDLERS
from services.api.handlers.call import Call
from services.api.input.input import NOTHING_THERE, Acceptor, Input
from services.api.reply import Reply
from services.api.request import Request
from services.api.tools import Tools
from services.common.manifest import Handler, Manifest, Route, Sql
from services.common.match.path import segments_of
from services.common.match.router import Endpoint, Router, parameter_names
from services.common.problem import Problem

Run = Callable[[Request, Input, Tools], Awaitable[Reply]]


@dataclass(frozen=True, slots=True)
class Ready:
    """A route, compiled."""

    declared: Route
    parameters: Sequence[str]
    acceptor: Acceptor
    run: Run

    @property
    def method(self) -> str:
        return self.declared.method

    @property
    def path(self) -> str:
        return self.declared.path


class Dispatch:
    """The ASGI application under the stages."""

    def __init__(self, manifest: Manifest, tools: Tools) -> None:
        """Raises ValueError where the manifest names a handler of a server that is not here."""
        below_api = [route for route in manifest.routes if route.run.kind != "asset"]
        self._router = Router([_ready(route, manifest.schemas) for route in below_api])
        self._tools = tools

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        reply = await self._answer(request)
        await reply.send(send, head=request.method == "HEAD")

    async def _answer(self, request: Request) -> Reply:
        match = self._router.match(segments_of(request.path))
        if match is None:
            raise Problem(404, NOTHING_THERE)
        endpoint, values = match
        if request.method == "OPTIONS":
            return Reply(204, {"allow": endpoint.allow})
        route = _route(endpoint, request.method)
        request.state["route"] = f"{route.method} {route.path}"
        path = dict(zip(route.parameters, values, strict=True))
        await check_access(route.declared, request.identity, path, self._tools.database)
        given = await route.acceptor.read(request, path)
        return await route.run(request, given, self._tools)


def _route(endpoint: Endpoint[Ready], method: str) -> Ready:
    route = endpoint.by_method.get("GET" if method == "HEAD" else method)
    if route is None:
        raise Problem(405, f"This path answers {endpoint.allow}.", {"allow": endpoint.allow})
    return route


def _ready(route: Route, schemas: Mapping[str, Mapping[str, Any]]) -> Ready:
    match route.run:
        case Sql():
            run = _sql(Execution(route, route.run))
        case Handler(on="server", name=name):
            run = _handler(route, name)
        case _:
            run = _elsewhere
    return Ready(route, parameter_names(route.path), Acceptor(route, schemas), run)


def _sql(execution: Execution) -> Run:
    async def run(request: Request, given: Input, tools: Tools) -> Reply:
        return await execution.run(request, given, tools.database)

    return run


def _handler(route: Route, name: str) -> Run:
    if name not in HANDLERS:
        raise ValueError(f"route {route.name}: there is no handler {name} in services/api/handlers")
    handler = HANDLERS[name]

    async def run(request: Request, given: Input, tools: Tools) -> Reply:
        return await handler(Call(request, given), tools)

    return run


async def _elsewhere(_request: Request, _given: Input, _tools: Tools) -> Reply:
    raise Problem(501, "This is answered by another tier only.")
