"""The generated files, brought up to date with the declarations, if those may be deployed."""

from collections.abc import Mapping
from pathlib import Path

from infra.manifest import benched
from infra.manifest.compile import Compiled, examine
from infra.manifest.files import rendered, write
from infra.manifest.limits import Plans, excesses
from infra.manifest.measured import Measurements, load, over_budget
from infra.manifest.refusal import RoutesRefused
from infra.paths import SERVICES
from infra.routes.catalog import ROUTES
from infra.routes.route import Route


def bring_up_to_date(
    plans: Plans, routes: Mapping[str, Route] = ROUTES, services: Path = SERVICES
) -> Compiled:
    """Compiles the routes and writes what has changed. Raises RoutesRefused with every mistake."""
    compiled = accepted(plans, routes)
    write(rendered(compiled, routes, services))
    return compiled


def accepted(
    plans: Plans, routes: Mapping[str, Route] = ROUTES, measured: Measurements | None = None
) -> Compiled:
    """The compiled routes. `measured`: without it, the committed figures. Raises RoutesRefused."""
    compiled, refusals = examine(routes)
    manifest = compiled.manifest
    refused = [
        *refusals,
        *excesses(routes, manifest, plans, benched.load().routes),
        *over_budget(routes, manifest, load() if measured is None else measured),
    ]
    if refused:
        raise RoutesRefused(refused)
    return compiled
