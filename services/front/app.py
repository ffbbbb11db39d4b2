"""The front's way of a request: middlewares from top to bottom, then who answers it.

The edge's twin: services/edge/src/index.ts.
"""

import time
import traceback
from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDict

from services.common.cookies import REFRESH_HEADER, cookie_of, refresh_cookie_name
from services.common.front_door import HEALTH
from services.common.log import write_log
from services.common.manifest import Handler as EdgeHandler
from services.common.manifest import Manifest, Route
from services.common.match.path import segments_of
from services.common.match.router import Router
from services.common.problem import CONTENT_TYPE, Problem
from services.common.request_id import request_id
from services.front.connections import Connections
from services.front.contract import forwarded, security_headers
from services.front.limits import Limits
from services.front.pages import Pages
from services.front.proxy import Sockets, forward
from services.front.session import SAFE, Session, check_origin, session_of
from services.front.upstream import Asked, Upstream, UpstreamFailure
from services.settings import FrontSettings

TIER = "front"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def create_app(settings: FrontSettings, http: Connections, limits: Limits) -> web.Application:
    """`http` reaches the services; both are the caller's to close."""
    front = Front(settings, http, limits)
    app = web.Application(
        middlewares=[
            front.access_log,  #        request id, one JSON line
            front.problem_documents,  # whatever is raised below becomes an RFC 9457 document
            front.dispatch,  #          pages, the api, or a WebSocket; the router below it is never asked
        ]
    )
    app.on_response_prepare.append(front.sign_off)
    app.on_shutdown.append(front.sockets.end)
    return app


class Front:
    """What is shared by all requests."""

    def __init__(self, settings: FrontSettings, http: Connections, limits: Limits) -> None:
        self._settings, self._limits, self._pages, self.sockets = (
            settings,
            limits,
            Pages(settings.pages_folder),
            Sockets(),
        )
        routes = Manifest.load(settings.manifest_file).routes
        self._router = Router([route for route in routes if route.run.kind != "asset"])
        self._api = Upstream(http.api, settings.api_listen.authority, settings.edge_keys[0])
        self._realtime = Upstream(http.realtime, settings.realtime_listen.authority, settings.edge_keys[0])
        self._security_headers = security_headers(settings.public_url)

    @web.middleware
    async def access_log(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        request["id"] = request_id(request.headers.get("x-request-id"))
        request["started"] = started = time.perf_counter()
        status = 0
        try:
            response = await handler(request)
            status = response.status
            return response
        finally:
            line = {"id": request["id"], "tier": TIER, "server": self._settings.server_name}
            failure = {"failure": request["failure"]} if "failure" in request else {}
            ms = round((time.perf_counter() - started) * 1000, 1)
            line |= {"method": request.method, "route": request.get("route")}
            write_log("request", **line, status=status, ms=ms, **failure)

    async def sign_off(self, request: web.Request, response: web.StreamResponse) -> None:
        """On every response, just before its head is sent."""
        request["begun"] = True
        response.headers.update(self._security_headers)
        response.headers["x-request-id"] = request["id"]
        response.headers["x-release"] = self._settings.release
        response.headers.setdefault("x-served-by", TIER)
        del response.headers["server"]

    @web.middleware
    async def problem_documents(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ConnectionResetError:
            raise  # the person has gone
        except Exception as error:
            problem, failure = _problem_of(error)
            if failure is not None:
                request["failure"] = failure
            if "begun" in request:
                raise
            headers = {**problem.headers, "content-type": CONTENT_TYPE, "cache-control": "no-store"}
            return web.Response(status=problem.status, body=problem.document(request["id"]), headers=headers)

    @web.middleware
    async def dispatch(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        del handler  # nothing is below
        path, _, _ = request.raw_path.partition("?")
        if path == HEALTH:
            return web.json_response({"release": self._settings.release})
        route = self._route(request.method, path)
        if route is None and path.split("/")[1] != "api":
            return self._pages.answer(request, path)
        session = session_of(request, self._settings, time.time())
        if route is not None:
            request["route"] = f"{route.method} {route.path}"
            await self._admit(request, route, session)
            if route.run.kind == "websocket":
                return await self._connect(request, session)
            if isinstance(route.run, EdgeHandler) and route.run.on == "edge":
                return self._in_place_of_the_edge(request, route.run.name, session)
        # What is no route is refused there in the same words.
        headers = forwarded(CIMultiDict(request.headers))
        refresh = cookie_of(request.headers.get("cookie", ""), refresh_cookie_name(self._settings.public_url))
        if refresh is not None:
            headers[REFRESH_HEADER] = refresh
        asked = self._asked(request, session, headers)
        return await forward(request, asked, self._api)

    def _route(self, method: str, path: str) -> Route | None:
        match = self._router.match(segments_of(path.encode("latin-1", "replace")))
        return None if match is None else match[0].by_method.get("GET" if method == "HEAD" else method)

    async def _admit(self, request: web.Request, route: Route, session: Session | None) -> None:
        """Raises Problem 401, 403, 429, 503."""
        if request.method not in SAFE:
            check_origin(request, self._settings.public_url, required=False)
        if route.access.kind != "public" and session is None:
            raise Problem(401, "Sign in first.")
        identity = None if session is None else session.identity
        address = request.headers.get("cf-connecting-ip", "unknown")
        await self._limits.count(route.rate_limits, identity, address)

    async def _connect(self, request: web.Request, session: Session | None) -> web.StreamResponse:
        if request.headers.get("upgrade", "").lower() != "websocket":
            raise Problem(426, "This path speaks WebSocket only.")
        check_origin(request, self._settings.public_url, required=True)
        return await self.sockets.connect(
            request, self._asked(request, session, CIMultiDict()), self._realtime
        )

    def _in_place_of_the_edge(
        self, request: web.Request, name: str, session: Session | None
    ) -> web.StreamResponse:
        """What only the edge has code for: who is signed in, and a note's page, here without its preview."""
        if name == "read_me" and session is not None:
            me = session.identity
            told = {"user": me.user, "name": me.name, "expires": session.expires}
            return web.json_response({**told, "workspaces": me.ws, "more": me.more}, headers=_NO_STORE)
        if name == "note_page":
            return self._pages.answer(request, "/")
        raise Problem(503, "This part is not there while the server answers alone. Try again later.", _RETRY)

    def _asked(self, request: web.Request, session: Session | None, headers: "CIMultiDict[str]") -> Asked:
        identity = None if session is None else session.identity
        return Asked(request.method, request.raw_path, identity, request["id"], headers)


_NO_STORE = {"cache-control": "no-store"}
_RETRY = {"retry-after": "600"}


def _problem_of(error: Exception) -> tuple[Problem, str | None]:
    """What a client may know of an error, and what the log says of it."""
    match error:
        case Problem():
            return error, None
        case UpstreamFailure(message=message, problem=problem):
            return problem, f"server: {message}"
        case _:
            # Where it was, and what kind: an error's own words may hold what the request carried.
            where = "".join(traceback.format_tb(error.__traceback__))
            return Problem(500, "Something went wrong here."), where + type(error).__name__
