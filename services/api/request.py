"""One request, as the stages and handlers see it."""

from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope

from services.common.identity import Identity


@dataclass(frozen=True, slots=True)
class Request:
    """`path` and `query` as they were sent."""

    scope: Scope
    receive: Receive

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def path(self) -> bytes:
        return bytes(self.scope["raw_path"])

    @property
    def query(self) -> bytes:
        return bytes(self.scope["query_string"])

    @property
    def state(self) -> dict[str, Any]:
        """What the stages learn about the request."""
        state: dict[str, Any] = self.scope["state"]
        return state

    @property
    def identity(self) -> Identity | None:
        """Who the edge vouches for."""
        identity: Identity | None = self.state["identity"]
        return identity

    def header(self, name: str) -> str | None:
        """Given more than once, the values in one list."""
        return header(self.scope, name)


def header(scope: Scope, name: str) -> str | None:
    """The same of a scope."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name.encode()]
    return ", ".join(values) if values else None
