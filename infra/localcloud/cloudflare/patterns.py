"""Route patterns: parsed, refused, and ordered most specific first (Workers routing docs, 2026-11-23)."""

import re
from dataclasses import dataclass
from typing import Any

from infra.localcloud.cloudflare.errors import ApiError

_HOST = re.compile(r"^\*?(\.?[a-z0-9_-]+)(\.[a-z0-9_-]+)*$")


@dataclass(frozen=True)
class Pattern:
    """`host` and `path` without the `*` that `host_wildcard` and `path_wildcard` stand for."""

    scheme: str | None
    host: str
    host_wildcard: bool
    path: str
    path_wildcard: bool

    def specificity(self) -> tuple[Any, ...]:
        """Sorts the most specific first: exact host, longer host, exact path, longer path, named scheme."""
        return (
            self.host_wildcard,
            -len(self.host),
            -len(self.path),
            self.path_wildcard,
            self.scheme is None,
        )


def parse_pattern(text: str, zone: str) -> Pattern:
    """Raises 10022 for a malformed pattern, 100112 for a host outside the zone."""
    scheme, rest = _scheme(text)
    host, slash, path = rest.partition("/")
    path = f"/{path}" if slash else "/"
    if "?" in rest:
        raise _refused(text, "a pattern holds no query")
    if "*" in path[:-1] or "*" in host[1:]:
        raise _refused(text, "a `*` stands only at the start of the host and at the end of the path")
    if not _HOST.match(host.lower()):
        raise _refused(text, "its host is not a host name")
    wildcard = host.startswith("*")
    bare = host.lower().removeprefix("*")
    if not f".{bare.removeprefix('.')}".endswith(f".{zone}"):
        raise ApiError(400, 100112, f"The host of the pattern {text} is not in the zone {zone}")
    return Pattern(scheme, bare, wildcard, path.removesuffix("*"), path.endswith("*"))


def _scheme(text: str) -> tuple[str | None, str]:
    scheme, separator, rest = text.partition("://")
    if not separator:
        return None, text
    if scheme not in ("http", "https"):
        raise _refused(text, "its scheme is neither http nor https")
    return scheme, rest


def _refused(pattern: str, reason: str) -> ApiError:
    return ApiError(400, 10022, f"Invalid pattern: {pattern}: {reason}")
