"""The ledger: a line a route, with what it may cost and what it was measured to cost."""

from collections.abc import Mapping

from rich.table import Table

from infra.manifest.benched import Bench
from infra.manifest.compile import Compiled
from infra.manifest.measured import SIZES, Measurements, budget
from infra.manifest.model import CachePolicy, ManifestRoute, MemberAccess, RoutePlacement, RunSql
from infra.routes.route import Route

UNKNOWN = "-"


def ledger(compiled: Compiled, routes: Mapping[str, Route], found: Measurements, bench: Bench) -> Table:
    """In the order of the paths. `body` and `rows` are budgets; what follows them is measured."""
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("route", "tier", "rollout", "access", "cache"):
        table.add_column(name, no_wrap=True)
    for name in ("body", "rows", *(f"at {size:,}" for size in SIZES), "CPU ms", "p99 ms"):
        table.add_column(name, justify="right", no_wrap=True)
    for route in compiled.manifest.routes:
        table.add_row(*_line(route, compiled, routes[route.name], found, bench))
    return table


def _line(
    route: ManifestRoute, compiled: Compiled, declared: Route, found: Measurements, bench: Bench
) -> tuple[str, ...]:
    figures, times = found.get(route.name), bench.routes.get(route.name)
    read = [f"{rows:,}" for rows in figures.rows_read] if figures else [UNKNOWN] * len(SIZES)
    held = declared.tier == "edge" and isinstance(route.run, RunSql)
    allowed = f"{budget(declared, route, compiled.manifest.schemas):,}" if held else UNKNOWN
    return (
        f"{route.method} {route.path}",
        compiled.placement.routes[route.name].tier,
        _rollout(compiled.placement.routes[route.name]),
        _access(route),
        _cache(route.cache),
        f"{route.body_bytes:,}" if route.body_bytes else UNKNOWN,
        allowed,
        *read,
        f"{times.cpu_ms:.2f}" if times else UNKNOWN,
        f"{times.p99_ms:.1f}" if times else UNKNOWN,
    )


def _rollout(placement: RoutePlacement) -> str:
    """The share that the edge answers itself, and whether the other tier runs beside: `25 %, shadow`."""
    share = [f"{placement.rollout} %"] if placement.tier == "edge" else []
    return ", ".join([*share, *(["shadow"] if placement.shadow else [])]) or UNKNOWN


def _access(route: ManifestRoute) -> str:
    return route.access.role if isinstance(route.access, MemberAccess) else route.access.kind


def _cache(cache: CachePolicy | None) -> str:
    if cache is None:
        return UNKNOWN
    return f"{cache.seconds}s" + (f" +{cache.stale_seconds}s stale" if cache.stale_seconds else "")
