"""The application's SQL without a predicate that keeps tenants apart. As a program: the api with such SQL."""

import asyncio
import inspect
import os
import re
import sys
from collections.abc import Iterator, Mapping
from types import FunctionType, ModuleType
from typing import Any

from infra.manifest.model import Manifest, ManifestRoute, MemberAccess, RunHandler, RunSql, SessionAccess
from services.api.handlers import HANDLERS

PREDICATES: Mapping[str, tuple[str, str]] = {
    "workspace": (r"[\w.]+ = :workspace\b", ":workspace is not null"),
    "caller": (r"[\w.]+ = :(caller|user|owner)\b", r":\1 is not null"),
    "open": (r"\b(workspaces\.)?open = 1", "1 = 1"),
}
VARIABLE = "UNGUARDED"
"""Names the predicate that the program leaves out."""
PATCHED = ("services.api.handlers.", "services.api.files.", "services.common.notifications")
"""The modules whose SQL it is left out of."""


def without(predicate: str, sql: str) -> str:
    """The statement as if somebody had forgotten it."""
    return re.sub(*PREDICATES[predicate], sql)


def unguarded(manifest: Manifest, predicate: str) -> Manifest:
    """Every SQL route without the predicate."""
    return _with_routes(manifest, lambda route: _without(route, predicate))


def for_anybody(manifest: Manifest) -> Manifest:
    """Every member's route for whoever is signed in."""

    def opened(route: ManifestRoute) -> ManifestRoute:
        member = isinstance(route.access, MemberAccess)
        return route.model_copy(update={"access": SessionAccess()}) if member else route

    return _with_routes(manifest, opened)


def guards(route: ManifestRoute, predicate: str) -> bool:
    """Whether the route's SQL has the predicate."""
    if isinstance(route.run, RunSql):
        return _without(route, predicate) != route
    if isinstance(route.run, RunHandler) and route.run.name in HANDLERS:
        handler = HANDLERS[route.run.name]
        return any(without(predicate, sql) != sql for sql in _sql_of(handler))
    return False


def _with_routes(manifest: Manifest, change: Any) -> Manifest:
    return manifest.model_copy(update={"routes": tuple(map(change, manifest.routes))})


def _without(route: ManifestRoute, predicate: str) -> ManifestRoute:
    if not isinstance(route.run, RunSql):
        return route
    statements = tuple(
        each.model_copy(update={"sql": without(predicate, each.sql)}) for each in route.run.statements
    )
    return route.model_copy(update={"run": route.run.model_copy(update={"statements": statements})})


def _sql_of(function: Any, seen: frozenset[Any] = frozenset()) -> Iterator[str]:
    """The SQL constants that a handler uses, itself or in functions that it calls."""
    for value in inspect.getclosurevars(function).globals.values():
        if isinstance(value, str):
            yield value
        elif (
            isinstance(value, FunctionType) and value not in seen and value.__module__.startswith("services.")
        ):
            yield from _sql_of(value, seen | {function, value})


def _patch(module: ModuleType, predicate: str) -> None:
    for name, value in vars(module).items():
        if name.isupper() and isinstance(value, str):
            setattr(module, name, without(predicate, value))


if __name__ == "__main__":
    from services.api.__main__ import serve
    from services.common.log import take_over_logging
    from services.settings import ApiSettings, load_or_exit

    for name, loaded in list(sys.modules.items()):
        if name.startswith(PATCHED):
            _patch(loaded, os.environ[VARIABLE])
    take_over_logging()
    asyncio.run(serve(load_or_exit(ApiSettings)))
