"""Rows read, measured on a real libsql-server with 100 and with 100,000 notes."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import pytest

from infra.manifest import measured, scratch
from infra.manifest.compile import compile_routes
from infra.manifest.current import accepted
from infra.manifest.limits import Plans
from infra.manifest.measure import measure
from infra.manifest.measured import Measured, Measurements
from infra.manifest.refusal import RoutesRefused
from infra.manifest.statements import application
from infra.providers.hrana import Hrana
from infra.providers.turso.seed import count
from infra.routes.catalog import ROUTES
from infra.routes.fields import Limit, Title
from infra.routes.notes import NoteSummary
from infra.routes.route import Budgets, Input, Many, Member, Route, Session
from tests.unit.manifest.declarations import Thing

PLANS = Plans("paid", "free", 1)


class Newest(Input):
    limit: Limit = 20


LATEST = Route(
    "GET /api/workspaces/{workspace}/latest",
    tier="edge",
    access=Member("workspace"),
    # By its plan an index search like that of list_notes; the sort reads the whole tenant all the same.
    sql="""select id, workspace, title, updated from notes
      where workspace = :workspace order by updated desc limit :limit""",
    params=Newest,
    returns=Many(NoteSummary),
)


@dataclass(frozen=True)
class Seeded:
    database: Hrana
    found: Measurements
    seconds: float


@pytest.fixture(scope="module")
def seeded() -> Iterator[Seeded]:
    """The whole catalogue and one route more, measured from nothing."""
    routes = {**ROUTES, "latest": LATEST}
    manifest = compile_routes(routes).manifest
    with scratch.database() as database:
        started = time.monotonic()
        found = measure(database, routes, manifest, measured.missing(routes, manifest, {}), application())
        yield Seeded(database, found, time.monotonic() - started)


@pytest.mark.slow
def test_the_committed_figures_are_those_of_a_real_database(
    seeded: Seeded, record_property: Callable[[str, object], None]
) -> None:
    record_property("seconds", round(seeded.seconds, 1))
    assert count(seeded.database) == 100_000
    assert {name: found for name, found in seeded.found.items() if name in ROUTES} == measured.load()


def test_a_search_by_index_that_sorts_the_whole_tenant_is_refused(seeded: Seeded) -> None:
    assert refusals({"latest": LATEST}, seeded.found) == [
        (
            "it reads 100,001 rows at 100,000 notes (101 at 100), over its budget of 404."
            " The plan: SEARCH notes USING INDEX notes_by_workspace (workspace=?)"
            " / USE TEMP B-TREE FOR ORDER BY."
            ' Add an index on notes (workspace, updated), or use tier="server".'
        )
    ]


def test_the_same_route_is_welcome_on_the_server(seeded: Seeded) -> None:
    accepted(PLANS, {"latest": replace(LATEST, tier="server")}, seeded.found)


def test_a_route_that_was_not_measured_is_refused() -> None:
    assert refusals({"latest": LATEST}, {}) == [
        (
            "how many rows it reads was not measured with this SQL, schema and seed."
            " Run `make measure`, and commit infra/routes/measured.json."
        )
    ]


def test_figures_of_other_sql_count_as_missing() -> None:
    changed = replace(ROUTES["list_notes"], sql=f"{ROUTES['list_notes'].sql} offset 0")
    found = measured.load()

    assert refusals({"list_notes": ROUTES["list_notes"]}, found) == []
    [only] = refusals({"list_notes": changed}, found)
    assert only.startswith("how many rows it reads was not measured")


def test_a_budget_of_its_own() -> None:
    figures = measured.load()["list_notes"]
    tight = replace(ROUTES["list_notes"], budgets=Budgets(rows_read=50))
    [only] = refusals({"list_notes": tight}, {"list_notes": figures})

    assert only.startswith(
        "it reads 101 rows at 100,000 notes (51 at 100), over its budget of 50. The plan: "
    )


def test_a_table_that_the_seed_leaves_empty_says_nothing() -> None:
    route = Route(
        "GET /api/jobs",
        tier="edge",
        access=Session(),
        sql="select id from jobs limit 10",
        returns=Many(Thing),
    )

    assert refusals({"list_jobs": route}, {}) == [
        (
            "nothing can be measured: the seed has no rows of jobs."
            ' Seed them in services/schema, or use tier="server".'
        )
    ]


class Word(Input):
    word: Title


def test_a_parameter_that_nobody_knows_a_value_of() -> None:
    route = Route(
        "GET /api/found",
        tier="edge",
        access=Session(),
        sql="select id from notes where title = :word limit 10",
        params=Word,
        returns=Many(Thing),
    )

    assert refusals({"find": route}, {}) == [
        (
            "nothing can be measured: no value is known for :word."
            " Add budgets=Budgets(samples={'word': ...}) with one that finds the most."
        )
    ]


def refusals(routes: Mapping[str, Route], found: Mapping[str, Measured]) -> list[str]:
    try:
        accepted(PLANS, routes, found)
    except RoutesRefused as refused:
        return [f"{each.what}. {each.remedy}." for each in refused.refusals]
    return []
