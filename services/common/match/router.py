"""Matches path segments against route patterns: a tree by segment, so the number of routes hardly matters.

The edge's twin: services/edge/src/match/router.ts.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar


class Pattern(Protocol):
    @property
    def method(self) -> str: ...

    @property
    def path(self) -> str:
        """Like `/api/notes/{id}`: a segment is literal text or one parameter."""


R = TypeVar("R", bound=Pattern)


@dataclass(slots=True)
class Endpoint(Generic[R]):
    """The routes that share one path; a node of the tree."""

    literals: "dict[str, Endpoint[R]]" = field(default_factory=dict)
    parameter: "Endpoint[R] | None" = None
    by_method: dict[str, R] = field(default_factory=dict)
    allow: str = ""
    """The value of the Allow header."""


class Router(Generic[R]):
    def __init__(self, routes: Iterable[R]) -> None:
        """Raises ValueError where two routes would answer the same method and path."""
        self._root: Endpoint[R] = Endpoint()
        for route in routes:
            node = self._node(route.path)
            if route.method in node.by_method:
                raise ValueError(f"two routes answer {route.method} {route.path}")
            node.by_method[route.method] = route
            node.allow = _allowed(node.by_method)

    def match(self, segments: Sequence[str]) -> tuple[Endpoint[R], list[str]] | None:
        """The endpoint that fits best, and its parameters' values: literal text first, from left to right."""
        values: list[str] = []
        endpoint = _find(self._root, segments, 0, values)
        return None if endpoint is None else (endpoint, values)

    def _node(self, path: str) -> Endpoint[R]:
        node = self._root
        for segment in path[1:].split("/"):
            if not _is_parameter(segment):
                node = node.literals.setdefault(segment, Endpoint())
            else:
                node.parameter = node.parameter or Endpoint()
                node = node.parameter
        return node


def parameter_names(path: str) -> list[str]:
    """Names of the pattern's parameters, from left to right."""
    return [segment[1:-1] for segment in path.split("/") if _is_parameter(segment)]


def _is_parameter(segment: str) -> bool:
    return segment.startswith("{") and segment.endswith("}")


def _find(node: Endpoint[R], segments: Sequence[str], at: int, values: list[str]) -> Endpoint[R] | None:
    if at == len(segments):
        return node if node.by_method else None
    segment = segments[at]
    literal = node.literals.get(segment)
    found = None if literal is None else _find(literal, segments, at + 1, values)
    if found is not None or node.parameter is None or segment == "":
        return found
    values.append(segment)
    endpoint = _find(node.parameter, segments, at + 1, values)
    if endpoint is None:
        values.pop()
    return endpoint


def _allowed(by_method: Mapping[str, object]) -> str:
    methods = {*by_method, "OPTIONS"} | ({"HEAD"} if "GET" in by_method else set())
    return ", ".join(sorted(methods))
