"""The api's way of a request: stages from top to bottom, then the route's handler."""

from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route as StarletteRoute

from services.api.routes import Route, routes
from services.api.stages import AccessLog, ProblemDocuments
from services.api.tools import Tools
from services.common.front_door import HEALTH, FrontDoor
from services.common.problem import Problem

if TYPE_CHECKING:
    from services.common.identity import Identity


def create_app(tools: Tools) -> Starlette:
    """The ASGI application."""
    settings = tools.settings
    app = Starlette(
        routes=[_mounted(route, tools) for route in [*routes, _health(settings.release)]],
        middleware=[
            Middleware(AccessLog, settings),  # request id, one JSON line, who served it and how long it took
            Middleware(ProblemDocuments),  #     whatever is raised below becomes an RFC 9457 document
            Middleware(FrontDoor, settings.edge_key),  # signed by the edge, or 401
        ],
        exception_handlers={HTTPException: _as_problem},
    )
    # A path has one spelling, as at the edge.
    app.router.redirect_slashes = False
    return app


def _mounted(route: Route, tools: Tools) -> StarletteRoute:
    async def endpoint(request: Request) -> Response:
        request.state.route = f"{route.method} {route.path}"
        identity: Identity | None = getattr(request.state, "identity", None)
        if route.needs_session and identity is None:
            raise Problem(401, "Sign in first.")
        return await route.handler(request, tools)

    return StarletteRoute(route.path, endpoint, methods=[route.method])


def _health(release: str) -> Route:
    async def health(_request: Request, _tools: Tools) -> Response:
        return JSONResponse({"release": release})

    return Route("GET", HEALTH, health)


async def _as_problem(_request: Request, error: Exception) -> Response:
    """What Starlette itself refuses: no such path, another method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:
        raise Problem(405, f"This path answers {headers.get('Allow', 'other methods')}.", headers)
    raise Problem(error.status_code, "There is nothing at this path.", headers)
