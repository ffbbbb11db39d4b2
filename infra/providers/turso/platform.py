"""Turso's Platform API: calls and the shapes of the answers (docs.turso.tech/api-reference, 2026-11-23)."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

from infra.providers.api import Access, Api, configured
from infra.providers.hrana import Hrana
from infra.settings import TursoSettings


class Group(BaseModel):
    name: str
    uuid: str
    primary: str
    """The location."""


class GroupAnswer(BaseModel):
    group: Group


class Database(BaseModel):
    name: str = Field(alias="Name")
    id: str = Field(alias="DbId")
    hostname: str = Field(alias="Hostname")
    group: str = ""
    """Left out of the answer to a creation."""
    delete_protection: bool = False


class DatabaseAnswer(BaseModel):
    database: Database


class DatabasesAnswer(BaseModel):
    databases: list[Database]


class TokenAnswer(BaseModel):
    jwt: str


class Platform(Api):
    """The API of one organization."""

    def __init__(self, settings: TursoSettings, token: str) -> None:
        access = Access(settings.api, f"Bearer {token}", "shoreline:turso.api", "shoreline:tursoToken")
        super().__init__(access, f"{settings.api}/v1/organizations/{settings.organization}")
        self.settings = settings

    @classmethod
    def configured(cls, config: Mapping[str, Any]) -> "Platform":
        """From the stack's configuration by full key, as the engine hands it to a provider."""
        return cls(*configured(config, "shoreline:turso", "shoreline:tursoToken", TursoSettings))

    def database(self, hostname: str, token: str) -> Hrana:
        """A client of one database."""
        return Hrana(hostname, token, self.settings.databases)
