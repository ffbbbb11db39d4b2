"""The edge's signature: proof that a request came through the front door, over method, target and identity.

Header `shoreline-edge: v1 <unix seconds> <base64url of HMAC-SHA-256>`.
Its twin is services/edge/src/signature.ts; services/contract/signature.vectors.json holds both together.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence

from services.common.base64url import encode

SIGNATURE_HEADER = "shoreline-edge"
IDENTITY_HEADER = "shoreline-identity"
LIFETIME_SECONDS = 30
"""How far the signature's time may be from the server's clock, either way."""

_FORM = re.compile(r"v1 (0|[1-9][0-9]{0,15}) ([A-Za-z0-9_-]{43})")


def sign(key: bytes, seconds: int, method: str, target: str, identity: str) -> str:
    """The header's value.

    `target` is path and query as sent; `identity` the identity header's value, "" for none.
    """
    return f"v1 {seconds} {_code(key, str(seconds), method, target, identity)}"


def is_valid(
    keys: Sequence[bytes], now: float, *, header: str | None, method: str, target: str, identity: str
) -> bool:
    """Whether `header` signs exactly this by one of `keys`, and is of `now` (unix seconds) by 30 s."""
    if (form := _FORM.fullmatch(header or "")) is None:
        return False
    if "\n" in method + target + identity:
        # HTTP has none; they would make two requests of one text.
        return False
    seconds, code = form.groups()
    genuine = any(hmac.compare_digest(code, _code(key, seconds, method, target, identity)) for key in keys)
    return genuine and abs(now - int(seconds)) <= LIFETIME_SECONDS


def _code(key: bytes, seconds: str, method: str, target: str, identity: str) -> str:
    text = "\n".join(("v1", seconds, method, target, identity))
    # What is no ASCII reaches here as surrogates from some servers: no reason to fail, and no signature fits.
    return encode(hmac.digest(key, text.encode("utf-8", "surrogateescape"), hashlib.sha256))
