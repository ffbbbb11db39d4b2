"""The manifest: every route as both tiers execute it. Compiled from infra/routes, never edited.

The edge's twin: services/edge/src/manifest.ts.
"""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.common.roles import Role

Type = Literal["text", "integer", "int64", "real", "boolean", "blob", "json"]
Source = Literal["path", "query", "body", "caller", "generated", "idempotency"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class Public(_Part):
    kind: Literal["public"]


class SessionAccess(_Part):
    kind: Literal["session"]


class Member(_Part):
    """A member of the workspace that a path parameter names, of at least this role."""

    kind: Literal["member"]
    parameter: str
    role: Role


class Input(_Part):
    """Keys of schemas. None: a query takes no parameter, a body is not read."""

    path: str | None
    query: str | None
    body: str | None


class Arg(_Part):
    """A statement's `:name` and where its value comes from."""

    name: str
    source: Annotated[Source, Field(alias="from")]
    field: str
    type: Type


class Statement(_Part):
    sql: str
    args: tuple[Arg, ...]


class Column(_Part):
    name: str
    type: Type
    nullable: bool


class Cursor(_Part):
    """`query` names the parameter that takes the value of `column` of the former page's last row."""

    query: str
    column: str


class Answer(_Part):
    kind: Literal["one", "many", "none"]
    statement: int
    status: int
    columns: tuple[Column, ...]
    items: str | None
    cursor: Cursor | None
    limit: str | None
    missing: str | None
    location: str | None


class Sql(_Part):
    """`repeatable` takes the answer's statement's place where an idempotency key was sent."""

    kind: Literal["sql"]
    statements: tuple[Statement, ...]
    answer: Answer
    conflict: str | None
    repeatable: Statement | None


class Handler(_Part):
    """Code by its name, in the tier that has it."""

    kind: Literal["handler"]
    name: str
    on: Literal["edge", "server"]


class Elsewhere(_Part):
    """What only another tier can do."""

    kind: Literal["asset", "websocket"]


class RateLimit(_Part):
    """`when_down`: what happens where nothing can be counted."""

    name: str
    per: Literal["user", "address"]
    limit: int
    seconds: int
    when_down: Literal["allow", "refuse"]


class Route(_Part):
    name: str
    method: str
    path: str
    access: Annotated[Public | SessionAccess | Member, Field(discriminator="kind")]
    input: Input
    body_bytes: int
    run: Annotated[Sql | Handler | Elsewhere, Field(discriminator="kind")]
    idempotent: bool
    rate_limits: tuple[RateLimit, ...]


class Manifest(_Part):
    version: Literal[1]
    routes: tuple[Route, ...]
    schemas: dict[str, dict[str, Any]]

    @classmethod
    def load(cls, file: Path) -> "Manifest":
        """Raises pydantic's ValidationError, or OSError."""
        return cls.model_validate_json(file.read_bytes())
