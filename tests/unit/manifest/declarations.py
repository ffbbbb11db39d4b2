"""Small declarations for tests, and what the compiler says of them."""

from collections.abc import Mapping

import pytest

from infra.manifest.compile import compile_routes
from infra.manifest.model import ManifestRoute
from infra.manifest.refusal import RoutesRefused
from infra.routes.fields import Id, Page, Slug, Title
from infra.routes.route import Input, Route, Row


class Thing(Row, many="things"):
    """One column that notes have."""

    id: Id


class Titled(Input):
    title: Title


class NewThing(Titled):
    workspace: Slug = "harbour"


class Pages(Page):
    """Under a name of its own."""


LIST = "select id from notes where id < coalesce(:before, '~') order by id desc limit :limit"
READ = "select id from notes where id = :note"
WRITE = "update notes set title = :title where id = :note"


def said(*routes: Route) -> list[str]:
    """What is refused, without where it stands."""
    with pytest.raises(RoutesRefused) as refused:
        compile_routes(named(*routes))
    return [f"{each.what}. {each.remedy}." for each in refused.value.refusals]


def compiled(route: Route) -> ManifestRoute:
    return compile_routes({"it": route}).manifest.routes[0]


def named(*routes: Route) -> Mapping[str, Route]:
    return {f"route_{number}": route for number, route in enumerate(routes)}
