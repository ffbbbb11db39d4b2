"""The ledger of `make routes`: a line a route."""

from io import StringIO

from rich.console import Console

from infra.manifest.benched import Bench, Figures
from infra.manifest.compile import compile_routes
from infra.manifest.ledger import ledger
from infra.manifest.measured import Measured
from infra.routes.catalog import ROUTES
from infra.routes.fields import Page
from infra.routes.notes import NoteSummary
from infra.routes.route import Cache, Many, Member, Route

LIST = Route(
    "GET /api/workspaces/{workspace}/notes",
    tier="edge",
    rollout=25,
    shadow=True,
    access=Member("workspace", role="editor"),
    cache=Cache(seconds=30, stale=300),
    sql="""select id, workspace, title, updated from notes
      where workspace = :workspace and id < coalesce(:before, '~') order by id desc limit :limit""",
    params=Page,
    returns=Many(NoteSummary),
)


def printed(routes: dict[str, Route], found: dict[str, Measured], bench: Bench) -> list[list[str]]:
    """The words of each line."""
    console = Console(width=200, record=True, file=StringIO())
    console.print(ledger(compile_routes(routes), routes, found, bench))
    return [line.split() for line in console.export_text().splitlines()]


def test_a_line_says_what_a_route_may_cost_and_what_it_does_cost() -> None:
    figures = Measured(key="", rows_read=(51, 101), plan=())
    bench = Bench(date="2026-11-25", routes={"list_notes": Figures(cpu_ms=0.423, p99_ms=3.14)})

    head, line = printed({"list_notes": LIST}, {"list_notes": figures}, bench)

    assert " ".join(head) == ("route tier rollout access cache body rows at 100 at 100,000 CPU ms p99 ms")
    assert " ".join(line) == (
        "GET /api/workspaces/{workspace}/notes edge 25 %, shadow editor 30s +300s stale - 404 51 101 0.42 3.1"
    )


def test_every_route_has_a_line_and_what_is_unknown_a_dash() -> None:
    _, *lines = printed(dict(ROUTES), {}, Bench(date="", routes={}))

    assert [line[1] for line in lines] == sorted(route.target for route in ROUTES.values())
    assert all(line[-4:] == ["-"] * 4 for line in lines)
