"""The manifest and the placement: services/contract/manifest.json and services/edge/placement.json."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

from infra.routes.route import Role, Tier

VERSION: Literal[1] = 1

Type = Literal["text", "integer", "int64", "real", "boolean", "blob", "json"]
"""Of a value on its way between JSON and SQL: `int64` is text in JSON, `boolean` 0 or 1 in SQL, `blob` base64
in JSON, `json` the text of a JSON value in SQL."""


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)


_FROM = ConfigDict(alias_generator=lambda name: "from" if name == "source" else to_camel(name))
"""`from` is no name in Python."""


class PublicAccess(_Model):
    kind: Literal["public"] = "public"


class SessionAccess(_Model):
    kind: Literal["session"] = "session"


class MemberAccess(_Model):
    """`role`: at least."""

    kind: Literal["member"] = "member"
    parameter: str
    role: Role


class Tenant(_Model):
    """Which value of the request names the workspace."""

    model_config = _FROM

    source: Literal["path", "query", "body"]
    field: str


class Inputs(_Model):
    """Keys into the manifest's schemas."""

    path: str | None
    query: str | None
    body: str | None


class Argument(_Model):
    """A value that a statement takes.

    `source` is where it comes from; of `caller` the fields are user and name, of `generated` newId and now,
    of `idempotency` route (the route's name) and key (the request's).
    """

    model_config = _FROM

    name: str
    source: Literal["path", "query", "body", "caller", "generated", "idempotency"]
    field: str
    type: Type


class Statement(_Model):
    sql: str
    args: tuple[Argument, ...]


class Column(_Model):
    name: str
    type: Type
    nullable: bool


class Cursor(_Model):
    """The query's field that goes on from the last row's column."""

    query: str
    column: str


class Answer(_Model):
    """`statement` is the index of the one whose rows (or changes) answer; `items` the key of a list.

    `limit` is the query's field that bounds the list: one row more is asked for, to see whether there is a
    next page. `missing`: the detail of 404 where there is no row, or nothing was changed.
    """

    kind: Literal["one", "many", "none"]
    statement: int
    status: int
    columns: tuple[Column, ...]
    items: str | None
    cursor: Cursor | None
    limit: str | None
    missing: str | None
    location: str | None


class RunSql(_Model):
    """Several statements are one transaction. `conflict`: the detail of 409 where a constraint fails.

    `repeatable` answers instead of the last statement where the request has an idempotency key: with what
    the first request of that key was given.
    """

    kind: Literal["sql"] = "sql"
    statements: tuple[Statement, ...]
    answer: Answer
    conflict: str | None
    repeatable: Statement | None


class RunHandler(_Model):
    """Code by its name, in the tier that has it."""

    kind: Literal["handler"] = "handler"
    name: str
    on: Literal["edge", "server"]


class RunAsset(_Model):
    """Whatever no other route and nothing below /api answers."""

    kind: Literal["asset"] = "asset"


class RunWebSocket(_Model):
    kind: Literal["websocket"] = "websocket"


class CachePolicy(_Model):
    """`vary` beside the tenant, which is always part of the key."""

    seconds: int
    stale_seconds: int
    vary: tuple[str, ...]
    tags: tuple[str, ...]


class Limit(_Model):
    name: str
    per: Literal["user", "address"]
    limit: int
    seconds: int
    when_down: Literal["allow", "refuse"]


class ManifestRoute(_Model):
    name: str
    method: str
    path: str
    access: PublicAccess | SessionAccess | MemberAccess
    tenant: Tenant | None
    input: Inputs
    body_bytes: int
    run: RunSql | RunHandler | RunAsset | RunWebSocket
    idempotent: bool
    cache: CachePolicy | None
    invalidates: tuple[str, ...]
    rate_limits: tuple[Limit, ...]


class Manifest(_Model):
    """What both tiers need of every route."""

    version: Literal[1] = VERSION
    routes: tuple[ManifestRoute, ...]
    schemas: dict[str, dict[str, Any]]


class RoutePlacement(_Model):
    """Who answers a route. `rollout`: the percentage that the edge answers itself."""

    tier: Tier
    rollout: int
    sticky: Literal["user", "address"]
    shadow: bool
    fallback: bool


class Placement(_Model):
    """Who answers every route: for the Worker alone, so that a move changes no server."""

    version: Literal[1] = VERSION
    routes: dict[str, RoutePlacement]
