"""How many rows the routes read, as measured: kept by what it depends on, held against the budgets."""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, TypeAdapter
from pydantic.alias_generators import to_camel

from infra.manifest import samples
from infra.manifest.model import Manifest, ManifestRoute, RunSql
from infra.manifest.refusal import refuse
from infra.manifest.statements import Schema, application
from infra.mistakes import Mistake
from infra.paths import ROOT
from infra.routes.route import Many, Route
from services.schema import seed

FILE = ROOT / "infra" / "routes" / "measured.json"
SIZES = (100, 100_000)
"""Notes in the database, of which one tenant owns half."""


class Measured(BaseModel):
    """`key`: a hash of all that the figures depend on; `rows_read`: at each of SIZES; `plan`: at the last."""

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, validate_by_name=True)

    key: str
    rows_read: tuple[int, int]
    plan: tuple[str, ...]


Measurements = Mapping[str, Measured]
_FILE = TypeAdapter(dict[str, Measured])


def load(file: Path = FILE) -> Measurements:
    return _FILE.validate_json(file.read_bytes()) if file.is_file() else {}


def save(found: Measurements, file: Path = FILE) -> None:
    rows = {name: found[name].model_dump(by_alias=True, mode="json") for name in sorted(found)}
    file.write_text(json.dumps(rows, indent=1, ensure_ascii=False) + "\n", "utf-8")


def key(declared: Route, compiled: ManifestRoute, schemas: Mapping[str, Any], schema: Schema) -> str:
    """Of the SQL, the tables and indexes that it touches, its samples, the page's size and the seed."""
    assert isinstance(compiled.run, RunSql)
    sql = [each.sql for each in compiled.run.statements]
    given = sorted(declared.budgets.samples.items())
    depends = [sql, schema.definitions(sql), given, samples.page(compiled, schemas), seed.VERSION, SIZES]
    return hashlib.sha256(json.dumps(depends, default=repr).encode()).hexdigest()[:16]


def missing(
    routes: Mapping[str, Route], manifest: Manifest, found: Measurements, schema: Schema | None = None
) -> list[ManifestRoute]:
    """Routes with SQL whose figures are not those of what they are now."""
    known = schema or application()
    return [
        route
        for route in manifest.routes
        if isinstance(route.run, RunSql)
        and (
            route.name not in found
            or found[route.name].key != key(routes[route.name], route, manifest.schemas, known)
        )
    ]


def budget(declared: Route, compiled: ManifestRoute, schemas: Mapping[str, Any]) -> int:
    """Rows that one request may read: as declared, or for each row of the largest page a few."""
    if declared.budgets.rows_read is not None:
        return declared.budgets.rows_read
    rows = samples.page(compiled, schemas)
    if isinstance(declared.returns, Many) and rows == 1:
        rows = UNPAGED
    return A_ROW * (rows + 1)


UNPAGED = 100
A_ROW = 4


def over_budget(
    routes: Mapping[str, Route], manifest: Manifest, found: Measurements, schema: Schema | None = None
) -> list[Mistake]:
    """Edge routes with SQL that were not measured, cannot be, or read more than they may."""
    known = schema or application()
    unmeasured = {route.name for route in missing(routes, manifest, found, known)}
    refusals = []
    for route in manifest.routes:
        declared = routes[route.name]
        if not isinstance(route.run, RunSql) or declared.tier != "edge":
            continue
        if unseeded := known.tables([each.sql for each in route.run.statements]) - samples.SEEDED:
            what = f"nothing can be measured: the seed has no rows of {', '.join(sorted(unseeded))}"
            refusals.append(refuse(declared, what, 'Seed them in services/schema, or use tier="server"'))
        elif names := samples.unknown(declared, route):
            what = f"nothing can be measured: no value is known for {', '.join(f':{name}' for name in names)}"
            samples_of = ", ".join(f"{name!r}: ..." for name in names)
            remedy = f"Add budgets=Budgets(samples={{{samples_of}}}) with one that finds the most"
            refusals.append(refuse(declared, what, remedy))
        elif route.name in unmeasured:
            what = "how many rows it reads was not measured with this SQL, schema and seed"
            refusals.append(
                refuse(declared, what, "Run `make measure`, and commit infra/routes/measured.json")
            )
        elif max(found[route.name].rows_read) > (allowed := budget(declared, route, manifest.schemas)):
            refusals.append(_too_many(declared, route.run, found[route.name], allowed))
    return refusals


def _too_many(declared: Route, run: RunSql, figures: Measured, allowed: int) -> Mistake:
    few, many = figures.rows_read
    what = (
        f"it reads {many:,} rows at {SIZES[1]:,} notes ({few:,} at {SIZES[0]}),"
        f" over its budget of {allowed:,}. The plan: {' / '.join(figures.plan)}"
    )
    return refuse(declared, what, f'{_index(run, figures.plan)}, or use tier="server"')


def _index(run: RunSql, plan: tuple[str, ...]) -> str:
    """The index that would help, as far as the plan tells."""
    sorts = any("TEMP B-TREE" in line for line in plan)
    read = next((found for line in plan if (found := _READS.match(line))), None)
    if read is None:
        return "Add an index on what its where compares"
    equal = re.findall(r"(\w+)=\?", read["terms"] or "")
    order = _ORDER.findall(run.statements[run.answer.statement].sql) if sorts else []
    wanted = re.findall(r"(?:\w+\.)?(\w+)(?: desc| asc)?(?:,|$)", order[-1].strip()) if order else []
    columns = list(dict.fromkeys([*equal, *wanted]))
    if not columns:
        return f"Add an index on what its where compares in {read['table']}"
    return f"Add an index on {read['table']} ({', '.join(columns)})"


_READS = re.compile(r"(?:SCAN|SEARCH) (?P<table>\w+)(?: USING .*?INDEX \w+)?(?: \((?P<terms>[^)]*)\))?")
_ORDER = re.compile(r"order by (.+?)(?= limit |\)|$)", re.IGNORECASE)
