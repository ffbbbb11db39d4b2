"""Upstash's control plane: the calls of its Developer API that Shoreline makes, in Upstash's own shapes.

Everything else answers 501 by name. Source: Upstash Developer API and its OpenAPI document, 2026-11-23.
"""

import asyncio
import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable
from dataclasses import replace

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.localcloud.accounts import UpstashAccount
from infra.localcloud.plane import RefusedError, error, read
from infra.localcloud.upstash.engine import Engine
from infra.localcloud.upstash.model import BudgetInput, Credentials, Database, DatabaseInput, PlanInput
from infra.localcloud.upstash.store import Store
from infra.vendors.upstash_limits import REGIONS

Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """One request at a time meets the store and the engine, so that these cannot part between two requests.

    The store is written first and holds what is declared; the engine is brought up to it here, and again at
    each start for what a kill left behind.
    """

    def __init__(self, account: UpstashAccount, store: Store, engine: Engine) -> None:
        self._account = account
        self._store = store
        self._engine = engine
        self._one_at_a_time = asyncio.Lock()

    def app(self) -> Starlette:
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/databases", self.databases),
            ("POST", "/database", self.create_database),
            ("GET", "/database/{id}", self.get_database),
            ("DELETE", "/database/{id}", self.delete_database),
            ("POST", "/reset-password/{id}", self.reset_password),
            ("POST", "/enable-eviction/{id}", self.enable_eviction),
            ("POST", "/disable-eviction/{id}", self.disable_eviction),
            ("POST", "/change-plan/{id}", self.change_plan),
            ("PATCH", "/update-budget/{id}", self.update_budget),
        ]
        app = Starlette(
            routes=[
                Route(f"/v2/redis{path}", self._entered(handler), methods=[method])
                for method, path, handler in table
            ],
            exception_handlers={HTTPException: self._no_such_call, Exception: _defect},
        )
        app.router.redirect_slashes = False  # a path with a slash too many is another call
        return app

    def _entered(self, handler: Handler) -> Handler:
        async def entered(request: Request) -> Response:
            if not self._knows(request):
                return error(401, "Unauthorized")
            try:
                async with self._one_at_a_time:
                    return await handler(request)
            except RefusedError as refusal:
                return error(refusal.status, refusal.error)

        return entered

    async def _no_such_call(self, request: Request, _: Exception) -> Response:
        if not self._knows(request):
            return error(401, "Unauthorized")
        return error(501, f"the local Upstash does not implement {request.method} {request.url.path}")

    def _knows(self, request: Request) -> bool:
        """True for basic authentication as EMAIL:API_KEY, compared in constant time."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        try:
            given = base64.b64decode(credential.strip(), validate=True)
        except binascii.Error:
            return False
        known = f"{self._account.email}:{self._account.api_key}".encode()
        return scheme.lower() == "basic" and hmac.compare_digest(given, known)

    async def databases(self, _: Request) -> Response:
        return JSONResponse([database.wire() for database in self._store.databases()])

    async def create_database(self, request: Request) -> Response:
        wanted = await read(request, DatabaseInput)
        if REGIONS.get(wanted.primary_region) != wanted.platform:
            raise RefusedError(400, f"invalid primary_region for {wanted.platform}: {wanted.primary_region}")
        if wanted.read_regions:
            raise RefusedError(
                501, f"the local Upstash does not implement `read_regions` of POST {request.url.path}"
            )
        declared = self._store.databases()
        if any(database.name == wanted.database_name for database in declared):
            raise RefusedError(400, f"database name already exists: {wanted.database_name}")
        port = self._engine.choose_port({database.port for database in declared})
        database = Database.new(wanted, port)
        self._store.put_database(database)
        await self._engine.ensure(database)
        return JSONResponse(database.wire())

    async def get_database(self, request: Request) -> Response:
        hidden = request.query_params.get("credentials") == "hide"
        return JSONResponse(self._database(request).wire(credentials=not hidden))

    async def delete_database(self, request: Request) -> Response:
        database = self._database(request)
        self._store.delete_database(database.id)
        await self._engine.delete(database.id)
        return JSONResponse("OK")

    async def reset_password(self, request: Request) -> Response:
        changed = replace(self._database(request), credentials=Credentials.new())
        await self._put(changed)
        return JSONResponse(changed.wire())

    async def enable_eviction(self, request: Request) -> Response:
        await self._put(replace(self._database(request), eviction=True))
        return JSONResponse("OK")

    async def disable_eviction(self, request: Request) -> Response:
        await self._put(replace(self._database(request), eviction=False))
        return JSONResponse("OK")

    async def change_plan(self, request: Request) -> Response:
        database = self._database(request)
        wanted = await read(request, PlanInput)
        if wanted.plan_name == "free" and database.plan != "free":
            raise RefusedError(400, "a database cannot be changed to the free plan")
        await self._put(database.planned(wanted))
        return JSONResponse("OK")

    async def update_budget(self, request: Request) -> Response:
        database = self._database(request)
        await self._put(replace(database, budget=(await read(request, BudgetInput)).budget))
        return JSONResponse("OK")

    async def _put(self, database: Database) -> None:
        self._store.put_database(database)
        await self._engine.ensure(database)

    def _database(self, request: Request) -> Database:
        database = self._store.database(request.path_params["id"])
        if database is None:
            raise RefusedError(404, "database not found")
        return database


async def _defect(request: Request, _: Exception) -> Response:
    return error(500, f"the local Upstash failed at {request.method} {request.url.path}; see its log")
