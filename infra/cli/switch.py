"""`make switch`: a route's rollout or shadow, set at once over its declaration, until it is cleared.

The Worker's twin: services/edge/src/move/switches.ts, which reads them every other second.
"""

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from rich.console import Console
from rich.table import Table

from infra.cli.redis import Redis
from infra.errors import UserError
from infra.manifest.model import Manifest, Placement, RoutePlacement
from infra.paths import SERVICES

KEY = "shoreline:switches"

Percentage = Annotated[float, Field(ge=0, le=100)]


class Switch(BaseModel):
    """In percent; None leaves what is declared."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    rollout: Percentage | None = None
    shadow: Percentage | None = None
    since: str = ""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--route", help="the route's name; without it the switches are listed")
    parser.add_argument("--rollout", help="percentage of the people that the edge answers")
    parser.add_argument("--shadow", help="percentage of the requests that the other tier answers as well")
    parser.add_argument("--clear", action="store_true", help="what is declared holds again")


def run(arguments: argparse.Namespace) -> None:
    """Raises UserError."""
    movable, redis = movable_routes(), Redis.of_stack()
    if arguments.route is None:
        if arguments.rollout or arguments.shadow or arguments.clear:
            raise UserError("ROUTE", "is missing", f"Name one of: {', '.join(movable)}")
    elif arguments.route not in movable and not arguments.clear:
        remedy = f"Name one of: {', '.join(movable)}"
        raise UserError("ROUTE", f"{arguments.route} is no route that both tiers answer", remedy)
    elif arguments.clear:
        redis.run(["HDEL", KEY, arguments.route])
    elif arguments.shadow and arguments.route in writing_routes():
        raise UserError("SHADOW", f"{arguments.route} writes, and would do so twice", "Shadow reads only")
    elif arguments.rollout is not None or arguments.shadow is not None:
        _set(redis, arguments.route, arguments.rollout, arguments.shadow)
    show(movable, read(redis))


def movable_routes() -> dict[str, RoutePlacement]:
    """The routes that either tier can answer, by name: SQL that is placed at the edge."""
    placement = Placement.model_validate_json((SERVICES / "edge" / "placement.json").read_bytes())
    names = [route.name for route in _manifest().routes if route.run.kind == "sql"]
    return {name: placement.routes[name] for name in names if placement.routes[name].tier == "edge"}


def writing_routes() -> set[str]:
    """Those that no shadow ever runs."""
    return {route.name for route in _manifest().routes if route.method != "GET"}


def _manifest() -> Manifest:
    return Manifest.model_validate_json((SERVICES / "contract" / "manifest.json").read_bytes())


def read(redis: Redis) -> dict[str, Switch | None]:
    """Every switch by route; None for one that makes no sense, which the Worker ignores."""
    [flat] = redis.run(["HGETALL", KEY])
    return {name: _parsed(text) for name, text in zip(flat[::2], flat[1::2], strict=True)}


def _parsed(text: str) -> Switch | None:
    try:
        return Switch.model_validate_json(text)
    except ValidationError:
        return None


def _set(redis: Redis, route: str, rollout: str | None, shadow: str | None) -> None:
    """What is not given stays as it was set."""
    before = read(redis).get(route) or Switch()
    given = {
        name: _percentage(name, value) for name, value in (("rollout", rollout), ("shadow", shadow)) if value
    }
    after = before.model_copy(update={**given, "since": datetime.now(UTC).isoformat(timespec="seconds")})
    redis.run(["HSET", KEY, route, after.model_dump_json(exclude_none=True)])


def _percentage(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1
    if not 0 <= value <= 100:
        raise UserError(name.upper(), f"{text} is no percentage", "Give a number from 0 to 100")
    return value


def show(movable: Mapping[str, RoutePlacement], switches: Mapping[str, Switch | None]) -> None:
    """Every route that is switched, moving or shadowed, and what holds for it."""
    table = Table("Route", "Declared", "Switched to", "Since (UTC)", box=None, header_style="bold")
    for name, declared in movable.items():
        if name in switches or declared.rollout != 100 or declared.shadow:
            table.add_row(name, *_row(declared, switches.get(name, Switch())))
    for name in sorted(switches.keys() - movable.keys()):
        table.add_row(name, "no such route", "clear it with CLEAR=1", "")
    Console().print(table if table.row_count else "No route is switched, moving or shadowed.")


def _row(declared: RoutePlacement, switched: Switch | None) -> tuple[str, str, str]:
    held = f"rollout {declared.rollout} %" + (", shadow" if declared.shadow else "")
    if switched is None:
        return held, "makes no sense and is ignored: set it again", ""
    parts = {"rollout": switched.rollout, "shadow": switched.shadow}
    said = ", ".join(f"{name} {value:g} %" for name, value in parts.items() if value is not None)
    return held, said or "-", switched.since
