"""Turso's Platform API: calls and the shapes of the answers (docs.turso.tech/api-reference, 2026-11-23)."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from infra.errors import UserError
from infra.providers import http
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


class RefusedError(Exception):
    """The platform refused a call: its HTTP status and its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


class Platform:
    """The API of one organization.

    Every call raises UserError if nothing answers or the token is refused, RefusedError for other refusals.
    """

    def __init__(self, settings: TursoSettings, token: str) -> None:
        self.settings = settings
        self._base = f"{settings.api}/v1/organizations/{settings.organization}"
        self._token = token

    @classmethod
    def configured(cls, config: Mapping[str, Any]) -> "Platform":
        """From the stack's configuration by full key, as the engine hands it to a provider."""
        token = config.get("shoreline:tursoToken")
        if not token:
            remedy = "Run `pulumi config set --secret shoreline:tursoToken`"
            raise UserError("shoreline:tursoToken", "the secret is missing", remedy)
        raw = config.get("shoreline:turso")
        try:
            settings = TursoSettings.model_validate(json.loads(raw) if isinstance(raw, str) else raw)
        except (ValidationError, ValueError):
            remedy = "Run `pulumi preview`, which names each mistake"
            raise UserError("shoreline:turso", "the setting is missing or wrong", remedy) from None
        return cls(settings, str(token))

    def database(self, hostname: str, token: str) -> Hrana:
        """A client of one database."""
        return Hrana(hostname, token, self.settings.databases)

    def get(self, path: str, **params: str) -> Any:
        """The answer, or None for 404."""
        try:
            return self._call("GET", path, params=params)
        except RefusedError as refused:
            if refused.status == httpx.codes.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: dict[str, Any] | None = None, **params: str) -> Any:
        return self._call("POST", path, json=body, params=params)

    def patch(self, path: str, body: dict[str, Any]) -> Any:
        return self._call("PATCH", path, json=body)

    def delete(self, path: str) -> None:
        """Deletes; what is already gone is fine."""
        try:
            self._call("DELETE", path)
        except RefusedError as refused:
            if refused.status != httpx.codes.NOT_FOUND:
                raise

    def _call(self, method: str, path: str, **request: Any) -> Any:
        # A client per call: the engine never tells a provider when it is done.
        try:
            with http.client(self._base, {"authorization": f"Bearer {self._token}"}) as client:
                answer = client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise UserError(
                "shoreline:turso.api",
                f"{self.settings.api} cannot be reached ({http.reason(error)})",
                "Check the address and the network; `make up` starts the dev stack's local cloud",
            ) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise UserError(
                "shoreline:tursoToken",
                f"{self.settings.api} refuses the token (401)",
                "Set a valid one with `pulumi config set --secret shoreline:tursoToken`",
            )
        if answer.is_error:
            raise RefusedError(answer.status_code, _message(answer))
        return answer.json() if answer.content else None


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
