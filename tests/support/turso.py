"""The local Turso alone, without the rest of the local cloud: its Platform API over a real libsql-server."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import httpx
from pulumi.dynamic import Config, ConfigureRequest

from infra.localcloud.accounts import TURSO
from infra.localcloud.endpoints import Address, Endpoints
from infra.localcloud.turso import Turso
from infra.localcloud.turso.engine import free_address
from infra.providers.turso.provider import TursoProvider
from infra.settings import TursoSettings
from tests.support.vendor import hosted

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


@contextmanager
def local_turso(folder: Path) -> Iterator[LocalTurso]:
    """Runs until the block ends; libsql-server dies with this process."""
    databases, elsewhere = free_address(), Address("127.0.0.1", 1)
    endpoints = Endpoints(elsewhere, elsewhere, elsewhere, databases, folder / "none")
    with hosted(lambda: Turso(folder, endpoints)) as api:
        yield LocalTurso(
            TursoSettings(
                api=api,
                organization=TURSO.organization,
                group="default",
                location="aws-us-east-1",
                database="notes",
                databases=databases.url,
            )
        )
