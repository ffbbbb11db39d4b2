"""Every route, by the name of the variable that holds it."""

from collections.abc import Iterable, Mapping
from types import ModuleType

from infra.routes import (
    accounts,
    comments,
    digest,
    digest_readers,
    exports,
    files,
    imports,
    jobs,
    members,
    notes,
    notifications,
    pages,
    realtime,
    search,
    workspaces,
)
from infra.routes.route import Route


def collected(modules: Iterable[ModuleType]) -> Mapping[str, Route]:
    """The routes of the modules. One whose name is taken gets its place into its name, and is refused."""
    found: dict[str, Route] = {}
    for module in modules:
        for name, value in vars(module).items():
            if isinstance(value, Route) and found.get(name) is not value:
                found[f"{name} ({value.where})" if name in found else name] = value
    return found


ROUTES = collected(
    [
        accounts,
        comments,
        digest,
        digest_readers,
        exports,
        files,
        imports,
        jobs,
        members,
        notes,
        notifications,
        pages,
        realtime,
        search,
        workspaces,
    ]
)
