"""What a declaration must not say of itself: one rule a function, each with the problem and the remedy."""

import re
from collections.abc import Callable, Iterator, Mapping

from infra.manifest.paths import parameters, segments
from infra.manifest.refusal import refuse
from infra.mistakes import Mistake
from infra.routes.route import Content, Many, Member, Nothing, One, Public, Route, Session, Tier

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
TAKE_A_BODY = ("POST", "PUT", "PATCH")
REST = "/{file*}"
"""The path of the assets: whatever is left."""

_SEGMENT = re.compile(r"[A-Za-z0-9._~-]+|\{[a-z_]+\}")

Found = Iterator[tuple[str, str]]
"""Problems, each with its remedy."""


def contradictions(route: Route) -> list[Mistake]:
    """All of one route, as far as they show without looking at its SQL."""
    malformed = [refuse(route, *each) for each in _pattern(route)]
    if malformed:
        return malformed
    rules = [*_RULES, *_RULES_OF_TIER[route.tier]]
    return [refuse(route, *each) for rule in rules for each in rule(route)]


def _pattern(route: Route) -> Found:
    if route.method not in METHODS:
        yield f"{route.method or 'an empty text'} is no method", f"Use one of {', '.join(METHODS)}"
    if route.tier == "assets" and route.target == REST:
        return
    if not route.target.startswith("/"):
        yield f"{route.target!r} is no path", "Write METHOD /path"
        return
    for segment in segments(route.target):
        if route.target != "/" and not _SEGMENT.fullmatch(segment):
            what = f"the segment {segment!r} can't be matched the same way on both tiers"
            yield what, "Use letters, digits and . _ ~ -, or one {parameter}"
    names = parameters(route.target)
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield f"the path names {{{name}}} twice", "Give each parameter its own name"


def _runs_one_thing(route: Route) -> Found:
    if route.sql is not None and route.handler is not None:
        yield "it has both SQL and a handler", "Leave out one of them"
    if route.sql == ():
        yield "it has no statement", "Write one, or leave out sql"
    if route.sql is not None and route.returns is None:
        yield "its SQL returns nothing that is declared", "Add returns=One(...), Many(...) or Nothing()"
    if route.handler is not None and route.returns is None:
        yield "what its handler answers is not declared", "Add returns=..., and problems=... where it refuses"
    if route.handler is not None and (route.conflict is not None or _missing(route) is not None):
        yield "a handler says itself what is wrong", "Leave out conflict and missing, and add problems=..."


def _only_handlers(route: Route) -> Found:
    """What SQL can't do."""
    if route.sql is None:
        return
    if route.takes is not None or route.headers or route.problems:
        yield "SQL reads JSON, and refuses what its answer says", "Leave out takes, headers and problems"
    if isinstance(route.returns, Content) or (
        isinstance(route.returns, Nothing) and route.returns.status != 204
    ):
        yield "SQL answers JSON, or nothing with 204", "Use One(...), Many(...) or Nothing()"


def _missing(route: Route) -> str | None:
    return route.returns.missing if isinstance(route.returns, One | Nothing) else None


def _runs_something(route: Route) -> Found:
    if route.sql is None and route.handler is None:
        yield "nothing is declared to run", "Add sql=... or handler=..."


def _runs_itself(route: Route) -> Found:
    if route.sql is not None or route.handler is not None:
        yield f"the tier {route.tier} runs no SQL and no handler", 'Leave them out, or use tier="server"'
    for name in ("cache", "params", "body"):
        if getattr(route, name) is not None:
            yield f"the tier {route.tier} reads no {name}", f"Leave out {name}"
    if route.method != "GET":
        yield f"the tier {route.tier} answers GET only", "Declare it as GET"


def _handler_on_its_tier(route: Route) -> Found:
    if route.handler is not None and route.handler.on != route.tier:
        what = f"the handler {route.handler.name} is on the {route.handler.on} only"
        yield what, f'Use tier="{route.handler.on}", or write it in SQL'


def _edge_only(route: Route) -> Found:
    """What needs the other tier, of a route that is on one only."""
    if route.handler is None or route.handler.on != "edge":
        return
    what = f"the handler {route.handler.name} is on the edge only"
    if route.rollout not in (None, 100):
        yield f"{what}, so no server answers the other {100 - (route.rollout or 0)} %", "Leave out rollout"
    if route.shadow:
        yield f"{what}, so there is nothing to compare", "Leave out shadow"
    if route.fallback:
        yield f"{what}, so no server can answer instead", "Leave out fallback"


def _move(route: Route) -> Found:
    if route.rollout is not None and not 0 <= route.rollout <= 100:
        yield f"rollout={route.rollout} is no percentage", "Use 0 to 100"
    if route.sticky is not None and route.rollout is None:
        yield "sticky without rollout keeps nobody anywhere", "Add rollout=..., or leave out sticky"
    if route.sticky == "user" and isinstance(route.access, Public):
        yield "a public route knows no user to be sticky by", 'Use sticky="address"'


def _no_move(route: Route) -> Found:
    if route.rollout is not None:
        what = f'rollout={route.rollout} on tier="{route.tier}": the edge answers none of it'
        yield what, 'Leave out rollout, or use tier="edge"'
    if route.sticky is not None:
        yield f'sticky on tier="{route.tier}", which is never rolled out', "Leave out sticky"
    if route.fallback:
        yield f'fallback on tier="{route.tier}", which is not the edge', "Leave out fallback"


def _shadow(route: Route) -> Found:
    if route.shadow and not route.reads_only:
        yield f"shadow on {route.method}: it would write twice", "Leave out shadow"


def _no_shadow(route: Route) -> Found:
    if route.shadow and (route.sql is None):
        yield "only SQL runs on both tiers, to be compared", "Leave out shadow"


def _fallback(route: Route) -> Found:
    if route.fallback and not (route.reads_only or route.idempotent):
        what = f"fallback on {route.method}: after a failure nobody knows whether it was done already"
        yield what, "Leave out fallback, or add idempotent=True"


def _cache(route: Route) -> Found:
    cache = route.cache
    if cache is None:
        return
    if not route.reads_only:
        yield f"cache on {route.method}: a write's answer is nobody else's", "Leave out cache"
    if cache.seconds < 1 or cache.stale < 0:
        yield "the cache keeps nothing", "Use seconds of at least 1 and stale of at least 0"
    if "caller" in cache.vary and isinstance(route.access, Public):
        yield "the cache of a public route knows no caller to vary by", "Leave it out of vary"
    # A handler of a route without a tenant can only answer for its caller.
    personal = uses_caller(route) or (route.handler is not None and isinstance(route.access, Session))
    if personal and "caller" not in cache.vary and not isinstance(route.access, Public):
        yield "the cache would give one caller's answer to another", 'Add "caller" to vary'


def uses_caller(route: Route) -> bool:
    return any(re.search(r":caller\b|:caller_name\b", sql) for sql in route.statements)


def _caller(route: Route) -> Found:
    if isinstance(route.access, Public) and uses_caller(route):
        yield "a public route has no :caller", "Use access=Session(), or leave the parameter out"


def _idempotent(route: Route) -> Found:
    if not route.idempotent:
        return
    if route.method != "POST":
        yield f"idempotent on {route.method}, which may be repeated anyway", "Leave out idempotent"
    if route.handler is not None:
        yield "idempotent needs SQL: what a handler does is not one transaction", "Leave out idempotent"
    if isinstance(route.access, Public):
        yield "an idempotency key belongs to a user, and a public route has none", "Use access=Session()"


def _body(route: Route) -> Found:
    if route.body is not None and route.method not in TAKE_A_BODY:
        yield f"a body on {route.method}", f"Use one of {', '.join(TAKE_A_BODY)}, or move it to params"


def _invalidates(route: Route) -> Found:
    if route.invalidates and route.reads_only:
        yield "invalidates on GET, which changes nothing", "Leave out invalidates"


def _conflict(route: Route) -> Found:
    if route.conflict is not None and route.reads_only:
        yield "conflict on GET, which breaks no constraint", "Leave out conflict"


def _tenant(route: Route) -> Found:
    access = route.access
    if isinstance(access, Member) and access.parameter not in parameters(route.target):
        what = f"the path has no {{{access.parameter}}}, of which one must be a member"
        yield what, f"Add it to the path, or use one of {', '.join(parameters(route.target)) or 'its names'}"


def _rate_limits(route: Route) -> Found:
    for limit in route.rate_limits:
        if limit.limit < 1 or limit.seconds < 1:
            yield f"the rate limit {limit.name} lets nothing through", "Use at least 1 in at least 1 second"
        if limit.per == "user" and isinstance(route.access, Public):
            yield f"the rate limit {limit.name} is per user, and a public route has none", 'Use per="address"'


def _budgets(route: Route) -> Found:
    budgets = route.budgets
    if budgets.rows_read is not None and (route.sql is None or budgets.rows_read < 1):
        yield "budgets.rows_read is for SQL, and at least 1", "Leave it out, or correct it"
    if budgets.body < 1:
        yield "budgets.body leaves room for no body", "Use at least 1 byte"


def _answer(route: Route) -> Found:
    match route.returns:
        case Many(row, cursor=cursor):
            query = route.params.model_fields if route.params else {}
            going_on = [name for name in ("before", "after") if name in query]
            if going_on and "limit" not in query:
                yield f"{going_on[0]} without limit: the list has no pages", "Add limit to params"
            if len(going_on) > 1:
                yield "both before and after: a list goes on in one direction", "Leave out one of them"
            if going_on and cursor not in row.model_fields:
                what = f"the cursor {cursor} is no field of {row.__name__}, so nobody could go on from it"
                yield what, f"Use one of {', '.join(row.model_fields)}"
        case One(row, location=str(location), status=status):
            for name in re.findall(r"\{(\w+)\}", location):
                if name not in row.model_fields:
                    yield f"location names {{{name}}}, which is no field of {row.__name__}", "Correct it"
            if status not in (201, 202):
                yield f"location with status {status}", "Use status=201"
        case _:
            pass


_RULES: tuple[Callable[[Route], Found], ...] = (
    _runs_one_thing,
    _only_handlers,
    _shadow,
    _fallback,
    _cache,
    _caller,
    _idempotent,
    _body,
    _invalidates,
    _conflict,
    _tenant,
    _rate_limits,
    _budgets,
    _answer,
)
_RULES_OF_TIER: Mapping[Tier, tuple[Callable[[Route], Found], ...]] = {
    "edge": (_runs_something, _handler_on_its_tier, _edge_only, _move),
    "server": (_runs_something, _handler_on_its_tier, _no_move, _no_shadow),
    "realtime": (_runs_itself, _no_move, _no_shadow),
    "assets": (_runs_itself, _no_move, _no_shadow),
}
