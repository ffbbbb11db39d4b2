"""Routes that disagree with each other, or with the plans that they run on: the exact words."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

import pytest

import infra.routes as package
from infra.manifest.benched import Figures
from infra.manifest.catalogue import disagreements
from infra.manifest.compile import compile_routes
from infra.manifest.current import accepted, bring_up_to_date
from infra.manifest.limits import Plans, excesses
from infra.manifest.refusal import RoutesRefused
from infra.routes.catalog import ROUTES, collected
from infra.routes.route import Budgets, Handler, Nothing, Public, RateLimit, Route, Session
from tests.unit.manifest.declarations import WRITE, Titled, named, said

HERE = "tests/unit/manifest/test_catalogue.py"
PAID = Plans("paid", "free", 1)


def handled(pattern: str, name: str = "", **given: RateLimit) -> Route:
    return Route(
        pattern,
        tier="server",
        access=Public(),
        handler=Handler(name or pattern, on="server"),
        returns=Nothing(),
        rate_limits=tuple(given.values()),
    )


def test_two_routes_for_the_same_requests() -> None:
    first, second = handled("GET /api/notes/{note}"), handled("GET /api/notes/{job}")

    assert said(first, second) == [
        (
            f"it answers the same requests as GET /api/notes/{{note}} ({first.where}): one of them would"
            " never be reached. Remove one, or change its path."
        )
    ]


def test_two_routes_of_which_neither_is_more_exact() -> None:
    first, second = handled("GET /api/notes/{note}/files"), handled("GET /api/notes/newest/{job}")

    assert said(first, second) == [
        (
            "a request for /api/notes/newest/files could also mean GET /api/notes/{note}/files"
            f" ({first.where}), and neither says it more exactly. Change a literal segment of one of them."
        )
    ]


def test_two_variables_of_one_name() -> None:
    first, second = ModuleType("first"), ModuleType("second")
    vars(first)["listing"], vars(second)["listing"] = handled("GET /api/a"), handled("GET /api/b")
    routes = collected([first, second])

    [only] = disagreements(routes)

    assert f"{only.what}. {only.remedy}." == (
        f"its name listing is that of GET /api/a ({routes['listing'].where}). Rename the variable."
    )


def test_no_module_with_routes_is_left_out() -> None:
    found = [import_module(f"infra.routes.{each.name}") for each in iter_modules(package.__path__)]

    assert set(collected(found)) == set(ROUTES)


def test_a_literal_beside_a_parameter_is_fine(tmp_path: Path) -> None:
    bring_up(tmp_path, handled("GET /api/notes/{note}"), handled("GET /api/notes/newest"))

    assert (tmp_path / "contract" / "manifest.json").is_file()


def test_one_rate_limit_of_two_minds() -> None:
    limits = [RateLimit("some", limit=limit, seconds=60, per="address") for limit in (1, 2)]
    first, second = handled("GET /api/a", one=limits[0]), handled("GET /api/b", one=limits[1])

    assert said(first, second) == [
        (
            f"the rate limit some is another one at {first.where}."
            " Share one, as in infra/routes/limits.py, or rename it."
        )
    ]


def test_a_tag_that_no_cache_has() -> None:
    route = Route(
        "PUT /api/a/{note}",
        tier="edge",
        access=Session(),
        sql=WRITE,
        body=Titled,
        returns=Nothing(),
        invalidates=("note",),
    )

    assert said(route) == ["no cache has the tag note. Tags are: none yet."]


def test_a_handler_of_two_routes() -> None:
    first, second = handled("GET /api/a", "count"), handled("GET /api/b", "count")

    assert said(first, second) == [
        f"the handler count belongs to GET /api/a ({first.where}). Give each route a handler of its own."
    ]


def test_every_mistake_is_told_at_once_with_its_place(tmp_path: Path) -> None:
    wrong = [
        Route(
            "GET /api/a", tier="server", access=Public(), handler=Handler("a", on="edge"), returns=Nothing()
        ),
        Route(
            "GET /b/", tier="server", access=Public(), handler=Handler("b", on="server"), returns=Nothing()
        ),
        Route(
            "PUT /api/c/{note}",
            tier="server",
            access=Session(),
            sql=WRITE,
            body=Titled,
            returns=Nothing(),
            budgets=Budgets(body=150_000_000),
        ),
    ]

    with pytest.raises(RoutesRefused) as refused:
        bring_up(tmp_path, *wrong)

    assert str(refused.value) == (
        "the routes have 3 mistakes:\n"
        f"  {HERE}:{wrong[0].where.line}: GET /api/a: the handler a is on the edge only."
        ' Use tier="edge", or write it in SQL.\n'
        f"  {HERE}:{wrong[1].where.line}: GET /b/: the segment '' can't be matched the same way"
        " on both tiers. Use letters, digits and . _ ~ -, or one {parameter}.\n"
        f"  {HERE}:{wrong[2].where.line}: PUT /api/c/{{note}}: its body limit of 150 MB is beyond"
        " the 100 MB that a zone on the free plan lets through"
        " (developers.cloudflare.com/workers/platform/limits, 2026-11-23). Lower"
        " budgets.body, or set shoreline:cloudflare.zonePlan to a plan that allows it."
    )
    assert list(tmp_path.rglob("*")) == [], "nothing is written of what is refused"


def test_a_body_that_the_isolate_cannot_hold(tmp_path: Path) -> None:
    route = Route(
        "PUT /api/c/{note}",
        tier="edge",
        access=Session(),
        handler=Handler("draw", on="edge"),
        returns=Nothing(),
        body=Titled,
        budgets=Budgets(body=50_000_000),
    )

    assert refusal(tmp_path, PAID, route) == (
        "its body limit of 50 MB, which the Worker holds 5 times, is beyond its 128 MiB of memory"
        " (developers.cloudflare.com/workers/platform/limits, 2026-11-23)."
        ' Lower budgets.body to 26,843,545 bytes, or use tier="server", where it streams.'
    )


def test_more_servers_than_the_plan_has_subrequests(tmp_path: Path) -> None:
    assert refusal(tmp_path, Plans("free", "free", 51), handled("GET /api/a")) == (
        "one request may take 51 subrequests, beyond the 50 of the free plan"
        " (developers.cloudflare.com/workers/platform/limits, 2026-11-23)."
        " Declare fewer servers, or set shoreline:cloudflare.plan to paid."
    )


def test_more_cpu_than_the_plan_allows() -> None:
    routes = {
        "draw": Route(
            "GET /a", tier="edge", access=Public(), handler=Handler("draw", on="edge"), returns=Nothing()
        )
    }
    manifest = compile_routes(routes).manifest
    bench = {"draw": Figures(cpu_ms=12.5, p99_ms=20)}

    [free] = excesses(routes, manifest, Plans("free", "free", 1), bench)
    [own] = excesses(routes, manifest, Plans("paid", "free", 1, cpu_ms=12), bench)

    assert (free.what, free.remedy) == (
        (
            "it takes 12.5 ms of CPU by `make bench`, beyond the 10 ms of the free plan"
            " (developers.cloudflare.com/workers/platform/limits, 2026-11-23)"
        ),
        'Do less, or use tier="server"',
    )
    assert own.what == "it takes 12.5 ms of CPU by `make bench`, beyond the 12 ms of shoreline:edge.cpuMs"
    assert excesses(routes, manifest, Plans("paid", "free", 1), bench) == []


def test_the_catalogue_itself_fits_the_free_plans() -> None:
    assert len(accepted(Plans("free", "free", 1)).manifest.routes) == len(ROUTES)


def refusal(folder: Path, plans: Plans, *routes: Route) -> str:
    with pytest.raises(RoutesRefused) as refused:
        bring_up(folder, *routes, plans=plans)
    [only] = refused.value.refusals
    return f"{only.what}. {only.remedy}."


def bring_up(folder: Path, *routes: Route, plans: Plans = PAID) -> None:
    bring_up_to_date(plans, named(*routes), folder)
