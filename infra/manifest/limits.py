"""The vendors' documented limits, held against what the routes declare."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from infra.manifest.benched import Figures
from infra.manifest.compile import placed
from infra.manifest.model import Manifest, ManifestRoute
from infra.manifest.refusal import refuse
from infra.mistakes import Mistake
from infra.routes.route import Route
from infra.settings import Settings
from infra.vendors.cloudflare_limits import (
    BODY_BYTES,
    CPU_MS_DEFAULT,
    MEMORY_BYTES,
    SUBREQUESTS,
    URL_BYTES,
    Limit,
    Plan,
    ZoneLimit,
    ZonePlan,
)

COPIES = 5
"""Of a body that the Worker reads: its bytes, its text at two bytes a character, its values, the request with
the SQL. An isolate's memory must hold them."""


@dataclass(frozen=True)
class Plans:
    """What the routes run on: the account's and the zone's plans, and how many servers."""

    workers: Plan
    zone: ZonePlan
    servers: int
    cpu_ms: int | None = None
    """The Worker's own limit; without it the plan's default."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        zone = settings.cloudflare
        return cls(zone.plan, zone.zone_plan, len(settings.servers), settings.edge.cpu_ms)


def excesses(
    routes: Mapping[str, Route], manifest: Manifest, plans: Plans, bench: Mapping[str, Figures]
) -> list[Mistake]:
    """Every route that asks for more than is documented to be there, or was measured to."""
    found = []
    for compiled in manifest.routes:
        declared = routes[compiled.name]
        faults = [
            *_body(declared, plans),
            *_url(compiled, manifest.schemas),
            *_trips(declared, plans),
            *_cpu(declared, plans, bench.get(compiled.name)),
        ]
        found += [refuse(declared, what, remedy) for what, remedy in faults]
    return found


def _body(route: Route, plans: Plans) -> Iterator[tuple[str, str]]:
    if route.body is None:
        return
    allowed = BODY_BYTES.of(plans.zone)
    if route.budgets.body > allowed:
        what = f"its body limit of {_bytes(route.budgets.body)} is beyond the {_bytes(allowed)}"
        yield (
            f"{what} that a zone on the {plans.zone} plan lets through ({_source(BODY_BYTES)})",
            "Lower budgets.body, or set shoreline:cloudflare.zonePlan to a plan that allows it",
        )
    elif route.tier == "edge" and COPIES * route.budgets.body > (memory := MEMORY_BYTES.of(plans.workers)):
        what = f"its body limit of {_bytes(route.budgets.body)}, which the Worker holds {COPIES} times"
        yield (
            f"{what}, is beyond its {_bytes(memory)} of memory ({_source(MEMORY_BYTES)})",
            f'Lower budgets.body to {_bytes(memory // COPIES)}, or use tier="server", where it streams',
        )


def _url(route: ManifestRoute, schemas: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    least = len(route.path)
    for key in (route.input.path, route.input.query):
        for name, schema in (schemas[key]["properties"] if key else {}).items():
            least += len(name) + 2 + schema.get("maxLength", 0)
    if least > (allowed := URL_BYTES.of("paid")):
        what = f"its URL may take {_bytes(least)}, beyond the {_bytes(allowed)}"
        yield f"{what} of a URL ({_source(URL_BYTES)})", "Lower maxLength, or move the text to a body"


def _trips(route: Route, plans: Plans) -> Iterator[tuple[str, str]]:
    if route.tier == "assets":
        return
    trips = subrequests(route, plans.servers)
    if trips > (allowed := SUBREQUESTS.of(plans.workers)):
        what = f"one request may take {trips} subrequests, beyond the {allowed}"
        yield (
            f"{what} of the {plans.workers} plan ({_source(SUBREQUESTS)})",
            "Declare fewer servers, or set shoreline:cloudflare.plan to paid",
        )


def _cpu(route: Route, plans: Plans, measured: Figures | None) -> Iterator[tuple[str, str]]:
    allowed = plans.cpu_ms or CPU_MS_DEFAULT.of(plans.workers)
    if route.tier == "edge" and measured is not None and measured.cpu_ms > allowed:
        whose = (
            "of shoreline:edge.cpuMs"
            if plans.cpu_ms
            else f"of the {plans.workers} plan ({_source(CPU_MS_DEFAULT)})"
        )
        what = f"it takes {measured.cpu_ms:g} ms of CPU by `make bench`, beyond the {allowed:,} ms {whose}"
        yield what, 'Do less, or use tier="server"'


def subrequests(route: Route, servers: int) -> int:
    """The most that one request makes of the Worker: database, Redis, servers in turn, the shadow."""
    placement = placed(route)
    asks_server = placement.tier != "edge" or placement.fallback or placement.rollout < 100
    redis = bool(route.rate_limits) + bool(route.invalidates)
    return (placement.tier == "edge") + redis + (servers if asks_server else 0) + placement.shadow


def _bytes(count: int) -> str:
    for unit, size in (("GB", 10**9), ("MB", 10**6), ("MiB", 2**20), ("KB", 10**3), ("KiB", 2**10)):
        if count >= size and count % size == 0:
            return f"{count // size} {unit}"
    return f"{count:,} bytes"


def _source(limit: Limit | ZoneLimit) -> str:
    return f"{limit.source}, {limit.date}"
