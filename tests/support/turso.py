"""The local Turso alone, without the rest of the local cloud: its Platform API over a real libsql-server."""

import asyncio
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
import uvicorn
from pulumi.dynamic import Config, ConfigureRequest

from infra.localcloud.accounts import TURSO
from infra.localcloud.endpoints import Address, Endpoints
from infra.localcloud.turso import Turso
from infra.localcloud.turso.engine import free_address
from infra.providers.turso.provider import TursoProvider
from infra.settings import TursoSettings
from tests.support.process import until

P = TypeVar("P", bound=TursoProvider)


@dataclass(frozen=True)
class LocalTurso:
    """`settings` name a group of the caller's; the database's name is fresh with every `LocalTurso`."""

    settings: TursoSettings

    def provider(self, kind: type[P], token: str = TURSO.token) -> P:
        """A provider as the engine configures it."""
        provider = kind()
        settings = self.settings.model_dump_json(by_alias=True)
        raw = {"shoreline:turso": settings, "shoreline:tursoToken": token}
        provider.configure(ConfigureRequest(Config(raw, "shoreline")))
        return provider

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        """A call by somebody else than the providers."""
        url = f"{self.settings.api}/v1/organizations/{self.settings.organization}{path}"
        headers = {"authorization": f"Bearer {TURSO.token}"}
        return httpx.request(method, url, json=body, headers=headers, timeout=30, trust_env=False)

    def fresh(self) -> "LocalTurso":
        """The same server with names that nobody uses yet."""
        names = {name: f"{name}-{uuid.uuid4().hex[:12]}" for name in ("group", "database")}
        return LocalTurso(self.settings.model_copy(update=names))


class _Thread(threading.Thread):
    """Makes, runs and ends the local Turso: what it holds belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        super().__init__(daemon=True)
        self.databases = free_address()
        self._folder = folder
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self.join(timeout=30)

    def port(self) -> int | None:
        """Of the Platform API, once it answers."""
        if not self.is_alive():
            raise AssertionError("the local Turso ended while it started")
        if self._server is None or not self._server.started:
            return None
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    async def _serve(self) -> None:
        elsewhere = Address("127.0.0.1", 1)
        endpoints = Endpoints(elsewhere, elsewhere, elsewhere, self.databases, self._folder / "none")
        vendor = Turso(self._folder, endpoints)
        await vendor.start()
        config = uvicorn.Config(
            vendor.app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        try:
            await self._server.serve()
        finally:
            await vendor.stop()


@contextmanager
def local_turso(folder: Path) -> Iterator[LocalTurso]:
    """Runs until the block ends; libsql-server dies with this process."""
    thread = _Thread(folder)
    thread.start()
    try:
        port = until(thread.port, "the local Turso answers")
        yield LocalTurso(
            TursoSettings(
                api=f"http://127.0.0.1:{port}",
                organization=TURSO.organization,
                group="default",
                location="aws-us-east-1",
                database="notes",
                databases=thread.databases.url,
            )
        )
    finally:
        thread.stop()
