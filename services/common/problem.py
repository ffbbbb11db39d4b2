"""Errors for clients: problem documents after RFC 9457.

Of the same shape as the edge's: services/edge/src/problem.ts.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

CONTENT_TYPE = "application/problem+json"


@dataclass(frozen=True)
class FieldError:
    """One thing that is wrong with a request: `path` is like `body/title`, `query/limit`."""

    path: str
    message: str


@dataclass(eq=False)
class Problem(Exception):
    """Raised by handlers. `detail` is for the client: nothing internal in it."""

    status: int
    detail: str
    headers: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[FieldError] = ()
    cookies: Sequence[str] = ()
    """Set-Cookie values."""

    def document(self, request_id: str) -> bytes:
        document: dict[str, object] = {
            "type": "about:blank",
            "title": _TITLES.get(self.status) or HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "requestId": request_id,
        }
        if self.errors:
            document["errors"] = [vars(error) for error in self.errors]
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


# RFC 9110's names, where Python 3.11 has older ones, and what is tus's own.
_TITLES = {413: "Content Too Large", 422: "Unprocessable Content", 460: "Checksum Mismatch"}


def unsigned() -> Problem:
    """The one answer to a missing, forged, expired or replayed signature: it doesn't say which.

    The header tells the edge that it is the one refused, and not the person.
    """
    detail = "This server answers requests that the edge has signed, and no others."
    return Problem(401, detail, {"shoreline-refused": "signature"})
