"""Paths of routes: segments, each literal text or one parameter."""

import re

_PARAMETER = re.compile(r"\{([a-z_]+)\}")


def segments(path: str) -> tuple[str, ...]:
    return tuple(path[1:].split("/"))


def parameter(segment: str) -> str | None:
    """The name of the segment's parameter; None for literal text."""
    found = _PARAMETER.fullmatch(segment)
    return found[1] if found else None


def parameters(path: str) -> tuple[str, ...]:
    return tuple(name for segment in segments(path) if (name := parameter(segment)))
