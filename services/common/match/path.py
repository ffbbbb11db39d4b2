"""The segments of a request's path. The edge's twin: services/edge/src/match/path.ts."""

import re
from urllib.parse import unquote_to_bytes

from services.common.problem import Problem

_MALFORMED = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def segments_of(path: bytes) -> list[str]:
    """Each percent-decoded once: `/api/a%2Fb` gives `["api", "a/b"]`.

    A trailing slash gives an empty last one. Raises Problem 400 on a malformed encoding.
    """
    parts = path[1:].split(b"/")
    try:
        if b"%" not in path:
            return [part.decode() for part in parts]
        if _MALFORMED.search(path) is None:
            return [unquote_to_bytes(part).decode() for part in parts]
    except UnicodeDecodeError:
        pass
    raise Problem(400, "The path is not valid percent-encoded UTF-8.")
