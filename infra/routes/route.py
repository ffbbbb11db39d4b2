"""A route's declaration: what it answers, who may ask, and which tier runs it. Checked by infra/manifest."""

import sys
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from typing import ClassVar, Literal, Unpack

from pydantic import BaseModel, ConfigDict

from infra.paths import ROOT

Tier = Literal["edge", "server", "realtime", "assets"]
Role = Literal["viewer", "editor", "admin", "owner"]


class Input(BaseModel):
    """What a path, a query or a body may hold. A field's description says in words what a value must be."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Row(BaseModel):
    """One row of an answer: its fields are columns of the route's SQL, in the order of the JSON's keys.

    `many`: the key of a list of them. A handler's may have lists and objects in it.
    """

    many: ClassVar[str] = "items"

    def __init_subclass__(cls, many: str = "items", **others: Unpack[ConfigDict]) -> None:
        super().__init_subclass__(**others)
        cls.many = many


@dataclass(frozen=True)
class Public:
    """Anybody."""


@dataclass(frozen=True)
class Session:
    """Whoever is signed in."""


@dataclass(frozen=True)
class Member:
    """Members of the workspace that the path's parameter names, in this role or one above it."""

    parameter: str
    role: Role = "viewer"


Access = Public | Session | Member


@dataclass(frozen=True)
class One:
    """One row as an object. `missing` is said with 404 where there is none; `location` names its columns."""

    row: type[Row]
    _: KW_ONLY
    status: int = 200
    missing: str | None = None
    location: str | None = None


@dataclass(frozen=True)
class Many:
    """A list of rows. Where the query has a `limit`, `next` is the last row's `cursor`, to go on from."""

    row: type[Row]
    _: KW_ONLY
    cursor: str = "id"


@dataclass(frozen=True)
class Nothing:
    """No content. `missing` is said with 404 where the last statement changed nothing."""

    _: KW_ONLY
    status: int = 204
    missing: str | None = None


@dataclass(frozen=True)
class Content:
    """What a handler answers that is not JSON, by its media type. 206: ranges of it can be asked for."""

    media: str
    _: KW_ONLY
    statuses: tuple[int, ...] = (200,)


Answer = One | Many | Nothing | Content


@dataclass(frozen=True)
class Handler:
    """Code instead of SQL, by its name in the tier that has it."""

    name: str
    on: Literal["edge", "server"]


@dataclass(frozen=True)
class Cache:
    """How long an answer is kept at the edge, and how much longer a stale one may serve.

    The tenant and the query are always part of the key. `tags` let a write remove what it changes.
    """

    seconds: int
    stale: int = 0
    vary: tuple[Literal["caller", "accept-language"], ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class RateLimit:
    """At most `limit` requests in any `seconds`; routes that name the same one share it."""

    name: str
    _: KW_ONLY
    limit: int
    seconds: int
    per: Literal["user", "address"]
    when_down: Literal["allow", "refuse"] = "allow"


@dataclass(frozen=True)
class Budgets:
    """`rows_read`: at most, for one request, whatever the size of the tables. `body`: bytes at most."""

    rows_read: int | None = None
    body: int = 64 * 1024
    samples: Mapping[str, str | int | float | None] = field(default_factory=dict)
    """Values to measure with, for parameters of which infra/manifest/samples.py knows none."""


@dataclass(frozen=True)
class Place:
    """Where a declaration stands."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def _caller() -> Place:
    frame = sys._getframe(2)
    path = Path(frame.f_code.co_filename)
    file = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    return Place(file.as_posix(), frame.f_lineno)


@dataclass(frozen=True)
class Route:
    """`pattern` is a method and a path, whose segments are literal text or one `{parameter}` each.

    SQL names its parameters `:name`: one of the path, the query or the body, or `:caller`, `:caller_name`,
    `:new_id` (UUIDv7), `:now` (milliseconds). Several statements are one transaction.
    """

    pattern: str
    _: KW_ONLY
    tier: Tier
    access: Access
    sql: str | tuple[str, ...] | None = None
    handler: Handler | None = None
    path: type[Input] | None = None
    """The path's parameters; without it, fields.PATH gives each its type by its name."""
    params: type[Input] | None = None
    """The query."""
    body: type[Input] | None = None
    takes: str | None = None
    """The media type of a body that is not JSON: a handler reads it as it comes."""
    headers: Mapping[str, str] = field(default_factory=dict)
    """The headers that a handler needs, each with what it says."""
    returns: Answer | None = None
    problems: tuple[int, ...] = ()
    """The statuses with which a handler refuses what is valid and allowed."""
    conflict: str | None = None
    """Said with 409 where a constraint of the database fails."""
    idempotent: bool = False
    """A write that may be sent again with its Idempotency-Key."""
    cache: Cache | None = None
    invalidates: tuple[str, ...] = ()
    rate_limits: tuple[RateLimit, ...] = ()
    rollout: int | None = None
    """Of an edge route: the percentage of users whom the edge answers, instead of the server."""
    sticky: Literal["user", "address"] | None = None
    """What keeps a request on its side of the rollout; by default the user where there is a session."""
    shadow: bool = False
    """The other tier runs beside the serving one, and the answers are compared."""
    fallback: bool | None = None
    """The server answers where the edge's way to the database fails; by default where that is safe."""
    budgets: Budgets = Budgets()
    where: Place = field(default_factory=_caller, repr=False, compare=False)

    @property
    def method(self) -> str:
        return self.pattern.partition(" ")[0]

    @property
    def target(self) -> str:
        """The path of the pattern."""
        return self.pattern.partition(" ")[2]

    @property
    def statements(self) -> tuple[str, ...]:
        if self.sql is None:
            return ()
        return (self.sql,) if isinstance(self.sql, str) else self.sql

    @property
    def reads_only(self) -> bool:
        return self.method == "GET"
