"""Turso's control plane: the calls of its Platform API that Shoreline makes, in Turso's own shapes.

Everything else below /v1 answers 501 by name. Source: Turso Platform API reference, 2026-11-23.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace

from pydantic import TypeAdapter, ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.localcloud.accounts import TursoAccount
from infra.localcloud.plane import RefusedError, error, read
from infra.localcloud.turso import tokens
from infra.localcloud.turso.engine import Engine
from infra.localcloud.turso.model import (
    LOCATIONS,
    Authorization,
    Configuration,
    ConfigurationInput,
    Database,
    DatabaseInput,
    Group,
    GroupInput,
    expiration_seconds,
    size_bytes,
)
from infra.localcloud.turso.store import Store
from infra.localcloud.vendor import holds_token

AUTHORIZATION: TypeAdapter[Authorization] = TypeAdapter(Authorization)
Handler = Callable[[Request], Awaitable[Response]]


class Api:
    """One request at a time meets the store and the engine, so that these cannot part between two requests.

    The store is written first and holds what is declared; the engine is brought up to it here, and again
    at each start for what a kill left behind.
    """

    def __init__(self, account: TursoAccount, store: Store, engine: Engine) -> None:
        self._account = account
        self._store = store
        self._engine = engine
        self._one_at_a_time = asyncio.Lock()

    def app(self) -> Starlette:
        organization = f"/v1/organizations/{self._account.organization}"
        database = f"{organization}/databases/{{database}}"
        group = f"{organization}/groups/{{group}}"
        table: list[tuple[str, str, Handler]] = [
            ("GET", "/v1/organizations", self.organizations),
            ("GET", f"{organization}/groups", self.groups),
            ("POST", f"{organization}/groups", self.create_group),
            ("GET", group, self.get_group),
            ("DELETE", group, self.delete_group),
            ("POST", f"{group}/auth/rotate", self.rotate_group),
            ("GET", f"{organization}/databases", self.databases),
            ("POST", f"{organization}/databases", self.create_database),
            ("GET", database, self.get_database),
            ("DELETE", database, self.delete_database),
            ("GET", f"{database}/configuration", self.get_configuration),
            ("PATCH", f"{database}/configuration", self.change_configuration),
            ("POST", f"{database}/auth/tokens", self.create_token),
            ("POST", f"{database}/auth/rotate", self.rotate_database),
            ("GET", f"{database}/usage", self.usage),
        ]
        app = Starlette(
            routes=[Route(path, self._entered(handler), methods=[method]) for method, path, handler in table],
            exception_handlers={HTTPException: self._no_such_call, Exception: _defect},
        )
        app.router.redirect_slashes = False  # a path with a slash too many is another call
        return app

    def _entered(self, handler: Handler) -> Handler:
        async def entered(request: Request) -> Response:
            if not holds_token(request, self._account.token):
                return error(401, "Unauthorized: invalid or expired auth token")
            try:
                async with self._one_at_a_time:
                    return await handler(request)
            except RefusedError as refusal:
                return error(refusal.status, refusal.error)

        return entered

    async def _no_such_call(self, request: Request, _: Exception) -> Response:
        if not holds_token(request, self._account.token):
            return error(401, "Unauthorized: invalid or expired auth token")
        if request.url.path.startswith("/v1/organizations/"):
            name = request.url.path.split("/")[3]
            if name != self._account.organization:
                return error(404, f"could not find organization with name [{name}]: record not found")
        return error(501, f"the local Turso does not implement {request.method} {request.url.path}")

    async def organizations(self, _: Request) -> Response:
        name = self._account.organization
        entry = {"name": name, "slug": name, "type": "personal", "overages": False, "blocked_reads": False}
        return JSONResponse([{**entry, "blocked_writes": False, "plan_id": "starter"}])

    async def groups(self, _: Request) -> Response:
        return JSONResponse({"groups": [group.wire() for group in self._store.groups()]})

    async def create_group(self, request: Request) -> Response:
        wanted = await read(request, GroupInput)
        if wanted.location not in LOCATIONS:
            raise RefusedError(400, f"invalid location: {wanted.location}")
        if self._store.group(wanted.name):
            raise RefusedError(409, "group already exists")
        group = Group(wanted.name, str(uuid.uuid4()), wanted.location)
        self._store.put_group(group)
        return JSONResponse({"group": group.wire()})

    async def get_group(self, request: Request) -> Response:
        return JSONResponse({"group": self._group(request).wire()})

    async def delete_group(self, request: Request) -> Response:
        group = self._group(request)
        if any(database.configuration.delete_protection for database in self._store.databases(group.name)):
            raise RefusedError(403, "a database of the group is protected against deletion")
        for database in self._store.delete_group(group.name):
            await self._engine.delete(database.namespace)
        return JSONResponse({"group": group.wire()})

    async def rotate_group(self, request: Request) -> Response:
        await self._rotate(self._store.databases(self._group(request).name))
        return Response()

    async def databases(self, request: Request) -> Response:
        group = request.query_params.get("group")
        return JSONResponse({"databases": [database.wire() for database in self._store.databases(group)]})

    async def create_database(self, request: Request) -> Response:
        wanted = await read(request, DatabaseInput)
        if wanted.seed is not None:
            raise RefusedError(501, f"the local Turso does not implement `seed` of POST {request.url.path}")
        existing = self._store.database(wanted.name)
        if existing:
            await self._engine.ensure(existing)
            raise RefusedError(409, f"database with name [{wanted.name}] already exists")
        group = self._store.group(wanted.group)
        if group is None:
            raise RefusedError(400, "group not found")
        configuration = Configuration(size_limit=_size(wanted.size_limit or "0"))
        database = Database(
            name=wanted.name,
            id=str(uuid.uuid4()),
            organization=self._account.organization,
            group=group.name,
            location=group.location,
            private_key=tokens.new_key(),
            configuration=configuration,
        )
        self._store.put_database(database)
        await self._engine.ensure(database)
        return JSONResponse({"database": database.created()})

    async def get_database(self, request: Request) -> Response:
        return JSONResponse({"database": self._database(request).wire()})

    async def delete_database(self, request: Request) -> Response:
        database = self._database(request)
        if database.configuration.delete_protection:
            raise RefusedError(403, f"database with name [{database.name}] is protected against deletion")
        self._store.delete_database(database.name)
        await self._engine.delete(database.namespace)
        return JSONResponse({"database": database.name})

    async def get_configuration(self, request: Request) -> Response:
        return JSONResponse(asdict(self._database(request).configuration))

    async def change_configuration(self, request: Request) -> Response:
        database = self._database(request)
        patch = await read(request, ConfigurationInput)
        if patch.size_limit is not None:
            _size(patch.size_limit)
        changed = replace(database, configuration=database.configuration.patched(patch))
        self._store.put_database(changed)
        await self._engine.ensure(changed)
        return JSONResponse(asdict(changed.configuration))

    async def create_token(self, request: Request) -> Response:
        database = self._database(request)
        if await request.body() not in (b"", b"{}", b"null"):
            raise RefusedError(501, f"the local Turso does not implement the body of POST {request.url.path}")
        try:
            asked = request.query_params.get("authorization", "full-access")
            authorization = AUTHORIZATION.validate_python(asked)
        except ValidationError:
            raise RefusedError(400, "Invalid authorization") from None
        try:
            seconds = expiration_seconds(request.query_params.get("expiration", "never"))
        except ValueError as mistake:
            raise RefusedError(400, str(mistake)) from None
        return JSONResponse({"jwt": tokens.mint(database, authorization, seconds)})

    async def rotate_database(self, request: Request) -> Response:
        await self._rotate([self._database(request)])
        return Response()

    async def usage(self, request: Request) -> Response:
        database = self._database(request)
        used = asdict(await self._engine.usage(database.namespace))
        instance = {"uuid": database.id, "usage": used}
        return JSONResponse({"database": {"uuid": database.id, "instances": [instance], "total": used}})

    async def _rotate(self, databases: list[Database]) -> None:
        rotated = [replace(database, private_key=tokens.new_key()) for database in databases]
        self._store.put_databases(rotated)
        for database in rotated:
            await self._engine.ensure(database)

    def _group(self, request: Request) -> Group:
        group = self._store.group(request.path_params["group"])
        if group is None:
            raise RefusedError(404, "group not found")
        return group

    def _database(self, request: Request) -> Database:
        name = request.path_params["database"]
        database = self._store.database(name)
        if database is None:
            raise RefusedError(404, f"could not find database with name [{name}]: record not found")
        return database


def _size(size_limit: str) -> str:
    if size_bytes(size_limit) is None:
        raise RefusedError(400, f"invalid size_limit: {size_limit}")
    return size_limit


async def _defect(request: Request, _: Exception) -> Response:
    return error(500, f"the local Turso failed at {request.method} {request.url.path}; see its log")
