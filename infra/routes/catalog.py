"""Every route, by the name of the variable that holds it."""

from collections.abc import Iterable, Mapping
from types import ModuleType

from infra.routes import accounts, comments, digest, exports, files, jobs, notes, pages, realtime, workspaces
from infra.routes.route import Route


def collected(modules: Iterable[ModuleType]) -> Mapping[str, Route]:
    """The routes that the modules declare. A name that two of them use is a defect of the catalogue."""
    found: dict[str, Route] = {}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, Route):
                assert name not in found, f"{value.where}: {name} is also at {found[name].where}"
                found[name] = value
    return found


ROUTES = collected([accounts, comments, digest, exports, files, jobs, notes, pages, realtime, workspaces])
