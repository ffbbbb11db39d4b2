"""Who is signed in: the access token in the cookie, verified without a trip, and the pages that may ask.

The edge's twin: services/edge/src/access.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import jwt
from aiohttp import web
from pydantic import ValidationError

from services.common.cookies import access_cookie_name, cookie_of
from services.common.identity import Identity
from services.common.problem import Problem
from services.settings import FrontSettings

CLOCK_SKEW_SECONDS = 60
"""A clock that is ahead of ours by more makes tokens of the future."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(frozen=True)
class Session:
    """A signed-in person; `expires` in unix seconds."""

    identity: Identity
    expires: int


def session_of(request: web.Request, settings: FrontSettings, now: float) -> Session | None:
    """That of a valid token at `now` (unix seconds), if there is one."""
    token = cookie_of(request.headers.get("cookie", ""), access_cookie_name(settings.public_url))
    return None if token is None else verify(token, settings.session_keys, now)


def verify(token: str, keys: Sequence[bytes], now: float) -> Session | None:
    """Whose token it is: HS256, no other algorithm, by one of `keys`, and alive at `now`."""
    try:
        claims = _claims(token, keys)
        if now >= claims["exp"] or claims["iat"] > now + CLOCK_SKEW_SECONDS:
            return None
        return Session(
            Identity.model_validate({**claims, "user": claims["sub"], "session": claims["sid"]}),
            claims["exp"],
        )
    except (jwt.InvalidTokenError, ValidationError, TypeError):
        return None


def _claims(token: str, keys: Sequence[bytes]) -> dict[str, Any]:
    """Raises InvalidTokenError."""
    for key in keys:
        with suppress(jwt.InvalidSignatureError):
            return jwt.decode(token, key, algorithms=["HS256"], options=_BY_OUR_CLOCK)
    raise jwt.InvalidSignatureError


_BY_OUR_CLOCK: "jwt.types.Options" = {
    "require": ["exp", "iat", "sub", "sid", "name"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}


def check_origin(request: web.Request, public_url: str, *, required: bool) -> None:
    """Browsers say which site an unsafe request or a WebSocket comes from; only our own pages may send them.

    Raises Problem 403. `required`: also where nothing is said.
    """
    origin = request.headers.get("origin")
    public = urlsplit(public_url)
    own = {f"{public.scheme}://{host}" for host in (public.netloc, request.headers.get("host"))}
    if required if origin is None else origin not in own:
        raise Problem(403, "Requests from other sites are not allowed.")
