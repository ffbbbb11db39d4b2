"""From declarations to the manifest and the placement. All that is refused is refused together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import create_model

from infra.manifest import schemas
from infra.manifest.catalogue import disagreements
from infra.manifest.contradictions import contradictions
from infra.manifest.model import (
    CachePolicy,
    Inputs,
    Limit,
    Manifest,
    ManifestRoute,
    MemberAccess,
    Placement,
    PublicAccess,
    RoutePlacement,
    RunAsset,
    RunHandler,
    RunSql,
    RunWebSocket,
    SessionAccess,
    Tenant,
)
from infra.manifest.paths import parameters
from infra.manifest.refusal import RoutesRefused, refuse
from infra.manifest.sql import Sources, compile_sql
from infra.manifest.statements import Schema, application
from infra.mistakes import Mistake
from infra.routes.catalog import ROUTES
from infra.routes.fields import PATH
from infra.routes.route import Access, Input, Member, Public, Route

FULL = 100
WORKSPACE = "workspace"


@dataclass(frozen=True)
class Compiled:
    """What the declarations make."""

    manifest: Manifest
    placement: Placement


def compile_routes(routes: Mapping[str, Route] = ROUTES, schema: Schema | None = None) -> Compiled:
    """Raises RoutesRefused with every mistake in the declarations themselves."""
    compiled, refusals = examine(routes, schema)
    if refusals:
        raise RoutesRefused(refusals)
    return compiled


def examine(routes: Mapping[str, Route], schema: Schema | None = None) -> tuple[Compiled, Sequence[Mistake]]:
    """What compiles, and why the rest does not."""
    compiler = _Compiler(schema or application())
    compiled = [route for name, declared in routes.items() if (route := compiler.route(name, declared))]
    compiled.sort(key=lambda route: (route.path, route.method))
    manifest = Manifest(routes=tuple(compiled), schemas=dict(sorted(compiler.schemas.items())))
    placement = Placement(routes={name: placed(routes[name]) for name in sorted(routes)})
    return Compiled(manifest, placement), [*compiler.refusals, *disagreements(routes)]


def placed(route: Route) -> RoutePlacement:
    """Who answers the route, with what it leaves unsaid filled in."""
    at_edge = route.tier == "edge"
    only_edge = route.handler is not None and route.handler.on == "edge"
    safe = route.reads_only or route.idempotent
    default = at_edge and safe and not only_edge
    return RoutePlacement(
        tier=route.tier,
        rollout=(FULL if route.rollout is None else route.rollout) if at_edge else 0,
        sticky=route.sticky or ("address" if isinstance(route.access, Public) else "user"),
        shadow=route.shadow,
        fallback=default if route.fallback is None else route.fallback,
    )


class _Compiler:
    """One run over a catalogue: the schemas that its routes share, and what is refused."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self.schemas: dict[str, dict[str, Any]] = {}
        self.refusals: list[Mistake] = []

    def route(self, name: str, route: Route) -> ManifestRoute | None:
        """The compiled route, or None with at least one refusal."""
        before = len(self.refusals)
        self.refusals += contradictions(route)
        if len(self.refusals) > before:
            return None
        inputs, sources = self._inputs(route)
        if len(self.refusals) > before:
            return None
        run = self._run(name, route, sources)
        if run is None or len(self.refusals) > before:
            return None
        return ManifestRoute(
            name=name,
            method=route.method,
            path=route.target,
            access=_access(route.access),
            tenant=_tenant(route, sources),
            input=inputs,
            body_bytes=route.budgets.body if route.body else 0,
            run=run,
            idempotent=route.idempotent,
            cache=_cache(route),
            invalidates=route.invalidates,
            rate_limits=_limits(route),
        )

    def _inputs(self, route: Route) -> tuple[Inputs, Sources]:
        keys: dict[str, str | None] = {}
        sources = Sources()
        models = {"path": self._path(route), "query": route.params, "body": route.body}
        for place, model in models.items():
            keys[place] = None if model is None else self._schema_key(route, model)
            if model is not None and keys[place] is not None:
                sources.add(place, schemas.types(model))
        return Inputs(path=keys["path"], query=keys["query"], body=keys["body"]), sources

    def _path(self, route: Route) -> type[Input] | None:
        """The model of the path's parameters."""
        names = parameters(route.target)
        if route.path is not None or not names or route.tier == "assets":
            return route.path
        for name in names:
            if name not in PATH:
                what = f"the path's {{{name}}} has no type"
                remedy = f"Add {name} to PATH in infra/routes/fields.py, or give the route path=MODEL"
                self.refusals.append(refuse(route, what, remedy))
                return None
        title = "".join(name.capitalize() for name in names) + "Path"
        fields: dict[str, Any] = {name: (PATH[name], ...) for name in names}
        return create_model(title, __base__=Input, **fields)

    def _schema_key(self, route: Route, model: type[Input]) -> str | None:
        key = model.__name__
        try:
            schema = schemas.input_schema(model)
        except schemas.NotPortable as error:
            self.refusals.append(refuse(route, f"{key}.{error}", error.remedy))
            return None
        if self.schemas.setdefault(key, schema) != schema:
            what = f"{key} is also the name of another model"
            self.refusals.append(refuse(route, what, "Give each its own name"))
        return key

    def _run(
        self, name: str, route: Route, sources: Sources
    ) -> RunSql | RunHandler | RunAsset | RunWebSocket | None:
        if route.tier == "assets":
            return RunAsset()
        if route.tier == "realtime":
            return RunWebSocket()
        if route.handler is not None:
            return RunHandler(name=route.handler.name, on=route.handler.on)
        run, refusals = compile_sql(name, route, sources, self._schema)
        self.refusals += refusals
        return run


def _access(access: Access) -> PublicAccess | SessionAccess | MemberAccess:
    if isinstance(access, Member):
        return MemberAccess(parameter=access.parameter, role=access.role)
    return PublicAccess() if isinstance(access, Public) else SessionAccess()


def _tenant(route: Route, sources: Sources) -> Tenant | None:
    """The workspace of a member's route is in its path; of another one wherever it takes one."""
    name = route.access.parameter if isinstance(route.access, Member) else WORKSPACE
    for found in sources.of(name):
        if found.source in ("path", "query", "body"):
            return Tenant.model_validate({"from": found.source, "field": found.field})
    return None


def _cache(route: Route) -> CachePolicy | None:
    if (cache := route.cache) is None:
        return None
    vary = (*(("query",) if route.params else ()), *cache.vary)
    return CachePolicy(seconds=cache.seconds, stale_seconds=cache.stale, vary=vary, tags=cache.tags)


def _limits(route: Route) -> tuple[Limit, ...]:
    return tuple(
        Limit(
            name=each.name,
            per=each.per,
            limit=each.limit,
            seconds=each.seconds,
            when_down=each.when_down,
        )
        for each in route.rate_limits
    )
