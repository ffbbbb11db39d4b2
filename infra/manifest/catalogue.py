"""What routes must not say of each other: which answers a request, and what they share by name."""

from collections.abc import Iterator, Mapping
from itertools import combinations

from infra.manifest.paths import parameter, segments
from infra.manifest.refusal import refuse
from infra.mistakes import Mistake
from infra.routes.route import Route


def disagreements(routes: Mapping[str, Route]) -> list[Mistake]:
    """All of a catalogue."""
    known = list(routes.values())
    return [*_names(routes), *_ambiguous(known), *_rate_limits(known), *_tags(known), *_handlers(known)]


def _names(routes: Mapping[str, Route]) -> Iterator[Mistake]:
    for name, route in routes.items():
        if not name.isidentifier():
            plain = name.partition(" ")[0]
            what = f"its name {plain} is that of {routes[plain].pattern} ({routes[plain].where})"
            yield refuse(route, what, "Rename the variable")


def _ambiguous(routes: list[Route]) -> Iterator[Mistake]:
    by_shape: dict[tuple[str, int], list[Route]] = {}
    for route in routes:
        by_shape.setdefault((route.method, len(segments(route.target))), []).append(route)
    for group in by_shape.values():
        for first, second in combinations(group, 2):
            if (found := _clash(first, second)) is not None:
                yield found


def _clash(first: Route, second: Route) -> Mistake | None:
    """Two routes that a request could mean both, and neither the more exactly."""
    pairs = list(zip(segments(first.target), segments(second.target), strict=True))
    literal = [(parameter(one) is None, parameter(other) is None) for one, other in pairs]
    if any(one != other and all(kinds) for (one, other), kinds in zip(pairs, literal, strict=True)):
        return None
    other = f"{first.pattern} ({first.where})"
    if all(one == two for one, two in literal):
        what = f"it answers the same requests as {other}: one of them would never be reached"
        return refuse(second, what, "Remove one, or change its path")
    if {(True, False), (False, True)} <= set(literal):
        example = "/" + "/".join(one if parameter(one) is None else two for one, two in pairs)
        what = f"a request for {example} could also mean {other}, and neither says it more exactly"
        return refuse(second, what, "Change a literal segment of one of them")
    return None


def _rate_limits(routes: list[Route]) -> Iterator[Mistake]:
    known: dict[str, Route] = {}
    for route in routes:
        for limit in route.rate_limits:
            first = known.setdefault(limit.name, route)
            if limit not in first.rate_limits:
                what = f"the rate limit {limit.name} is another one at {first.where}"
                yield refuse(route, what, "Share one, as in infra/routes/limits.py, or rename it")


def _tags(routes: list[Route]) -> Iterator[Mistake]:
    tags = {tag for route in routes if route.cache for tag in route.cache.tags}
    for route in routes:
        for tag in route.invalidates:
            if tag not in tags:
                known = ", ".join(sorted(tags)) or "none yet"
                yield refuse(route, f"no cache has the tag {tag}", f"Tags are: {known}")


def _handlers(routes: list[Route]) -> Iterator[Mistake]:
    known: dict[str, Route] = {}
    for route in routes:
        if route.handler is not None and known.setdefault(route.handler.name, route) is not route:
            first = known[route.handler.name]
            what = f"the handler {route.handler.name} belongs to {first.pattern} ({first.where})"
            yield refuse(route, what, "Give each route a handler of its own")
