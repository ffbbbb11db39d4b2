"""A vendor's JSON API as the dynamic providers call it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import httpx
from pydantic import BaseModel, ValidationError

from infra.errors import UserError
from infra.providers import http

Settings = TypeVar("Settings", bound=BaseModel)


class RefusedError(Exception):
    """The platform refused a call: its HTTP status and its own words."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status} {message}")
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Access:
    """Where a platform answers and how it is opened; `setting` and `secret` name these for messages."""

    api: str
    authorization: str
    setting: str
    secret: str
    what: str = "token"


class Api:
    """Calls below `base`.

    Every call raises UserError if nothing answers or the credentials are refused, RefusedError for other
    refusals.
    """

    def __init__(self, access: Access, base: str) -> None:
        self._access = access
        self._base = base

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
        access = self._access
        # A client per call: the engine never tells a provider when it is done.
        try:
            with http.client(self._base, {"authorization": access.authorization}) as client:
                answer = client.request(method, path, **request)
        except httpx.HTTPError as error:
            raise UserError(
                access.setting,
                f"{access.api} cannot be reached ({http.reason(error)})",
                "Check the address and the network; `make up` starts the dev stack's local cloud",
            ) from None
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            raise UserError(
                access.secret,
                f"{access.api} refuses the {access.what} (401)",
                f"Set a valid one with `pulumi config set --secret {access.secret}`",
            )
        if answer.is_error:
            raise RefusedError(answer.status_code, _message(answer))
        return answer.json() if answer.content else None


def configured(
    config: Mapping[str, Any], setting: str, secret: str, model: type[Settings]
) -> tuple[Settings, str]:
    """A vendor's settings and secret, from the configuration that the engine hands a provider by full key.

    Raises UserError if one is missing or wrong.
    """
    token = config.get(secret)
    if not token:
        raise UserError(secret, "the secret is missing", f"Run `pulumi config set --secret {secret}`")
    raw = config.get(setting)
    try:
        settings = model.model_validate(json.loads(raw) if isinstance(raw, str) else raw)
    except (ValidationError, ValueError):
        remedy = "Run `pulumi preview`, which names each mistake"
        raise UserError(setting, "the setting is missing or wrong", remedy) from None
    return settings, str(token)


def _message(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["error"])
    except (ValueError, KeyError, TypeError):
        return answer.text[:200]
