"""What a route answers."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.types import Send


@dataclass(frozen=True, slots=True)
class Reply:
    """Header names in lower case; `cookies` are the values of as many Set-Cookie headers."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cookies: Sequence[str] = ()

    async def send(self, send: Send, *, head: bool) -> None:
        """`head`: without the body."""
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        raw += [(b"set-cookie", cookie.encode("latin-1")) for cookie in self.cookies]
        if self.status not in (204, 304):
            raw.append((b"content-length", str(len(self.body)).encode()))
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": b"" if head else self.body})


def json_reply(
    value: Any,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    cookies: Sequence[str] = (),
) -> Reply:
    """An answer that no cache keeps."""
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Reply(status, {"content-type": "application/json", **(headers or {})}, body, cookies)
