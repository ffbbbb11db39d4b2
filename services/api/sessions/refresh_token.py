"""Refresh tokens: `v1.<session>.<generation>.<base64url of HMAC-SHA-256>`.

Each use of a session's token gives the next generation, so a token that comes again was copied.
"""

import hashlib
import hmac
import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.common import base64url

_FORM = re.compile(r"v1\.([0-9a-f-]{36})\.(0|[1-9][0-9]{0,15})\.([A-Za-z0-9_-]{43})")


@dataclass(frozen=True)
class RefreshToken:
    """A genuine one: of this session, given at its `generation`th use."""

    session: str
    generation: int

    def sealed(self, key: bytes) -> str:
        """The token as the browser keeps it."""
        return f"v1.{self.session}.{self.generation}.{self._code(key)}"

    @classmethod
    def opened(cls, text: str, keys: Sequence[bytes]) -> "RefreshToken | None":
        """None where none of the keys made it."""
        if (form := _FORM.fullmatch(text)) is None:
            return None
        token = cls(form[1], int(form[2]))
        # Every key is tried: which one fits shows in no timing.
        genuine = [hmac.compare_digest(form[3], token._code(key)) for key in keys]
        return token if any(genuine) else None

    def _code(self, key: bytes) -> str:
        # The label keeps it apart from everything else that the key signs.
        text = f"refresh v1\n{self.session}\n{self.generation}"
        return base64url.encode(hmac.digest(key, text.encode(), hashlib.sha256))
