"""ETags and If-None-Match (RFC 9110, section 13.1.2)."""

import hashlib
import re

from services.common.base64url import encode

_TAG = re.compile(r'(?:W/)?("[^"]*")')


def etag_of(body: bytes) -> str:
    """132 bits of the body's SHA-256."""
    return f'"{encode(hashlib.sha256(body).digest())[:22]}"'


def is_current(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has what `etag` names: weak comparison."""
    if if_none_match is None:
        return False
    return if_none_match.strip() == "*" or etag in _TAG.findall(if_none_match)
