"""Measures how many rows the routes read: on a real libsql-server, with few rows and with many."""

from collections.abc import Iterable, Mapping
from typing import Any

from infra.manifest import measured, samples, scratch
from infra.manifest.measured import SIZES, Measured, Measurements
from infra.manifest.model import Manifest, ManifestRoute, RunSql
from infra.manifest.statements import Schema, application
from infra.providers.hrana import Hrana, HranaError, Statement, Step, Value
from infra.providers.turso.seed import converge
from infra.routes.route import Route


def measure_missing(
    routes: Mapping[str, Route], manifest: Manifest, found: Measurements, schema: Schema | None = None
) -> Measurements:
    """`found` with what is missing of it, and without what is gone."""
    wanted = measured.missing(routes, manifest, found, schema)
    names = {route.name for route in manifest.routes if isinstance(route.run, RunSql)}
    kept = {name: figures for name, figures in found.items() if name in names}
    if not wanted:
        return kept
    with scratch.database() as database:
        return {**kept, **measure(database, routes, manifest, wanted, schema or application())}


def measure(
    database: Hrana,
    routes: Mapping[str, Route],
    manifest: Manifest,
    wanted: Iterable[ManifestRoute],
    schema: Schema,
) -> Measurements:
    """The figures of the wanted routes. Seeds the database."""
    wanted = list(wanted)
    reads: dict[str, list[int]] = {route.name: [] for route in wanted}
    for size in SIZES:
        converge(database, size)
        samples.fill(database)
        values = samples.known(database)
        for route in wanted:
            declared = routes[route.name]
            requests = samples.requests(declared, route, manifest.schemas, values)
            reads[route.name].append(max(rows_read(database, route, each) for each in requests))
    return {
        route.name: Measured(
            key=measured.key(routes[route.name], route, manifest.schemas, schema),
            rows_read=(reads[route.name][0], reads[route.name][1]),
            plan=tuple(plan(database, route)),
        )
        for route in wanted
    }


def rows_read(database: Hrana, route: ManifestRoute, values: Mapping[str, Value]) -> int:
    """What one request reads; nothing of it stays."""
    assert isinstance(route.run, RunSql)
    steps = [Step(Statement("begin immediate"))]
    for statement in route.run.statements:
        named = {arg.name: values[arg.name] for arg in statement.args}
        steps.append(Step(Statement(statement.sql, named=named), _ok(len(steps) - 1)))
    steps.append(Step(Statement("rollback")))
    answer = database.batch(steps)
    for problem in answer.step_errors:
        if problem is not None:
            raise HranaError(f"{route.name}: {problem.message}", problem.code)
    return sum(result.rows_read for result in answer.step_results if result is not None)


def plan(database: Hrana, route: ManifestRoute) -> list[str]:
    """The plan of every statement, a line a step."""
    assert isinstance(route.run, RunSql)
    lines: list[str] = []
    for statement in route.run.statements:
        nothing = dict.fromkeys((arg.name for arg in statement.args), None)
        rows = database.execute(f"explain query plan {statement.sql}", **nothing).rows
        lines += [str(detail) for *_, detail in rows]
    return lines


def _ok(step: int) -> dict[str, Any]:
    return {"type": "ok", "step": step}
