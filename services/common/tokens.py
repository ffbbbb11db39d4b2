"""Access tokens: JWT, HS256, ten minutes; their cookie's name and flags follow the public URL's scheme."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from services.common.roles import Role

LIFETIME_SECONDS = 600

MOST_WORKSPACES = 40
MOST_BYTES = 2_400
"""Of the workspaces' JSON: browsers keep no cookie of more than 4,096 bytes."""


@dataclass(frozen=True)
class Workspaces:
    """The part of a person's memberships that a token carries; `more` where there are others."""

    roles: Mapping[str, Role]
    more: bool

    @classmethod
    def of(cls, roles: Mapping[str, Role]) -> "Workspaces":
        """The first ones of `roles`, as many as fit."""
        fitting: dict[str, Role] = {}
        size = len("{}")
        for workspace, role in roles.items():
            size += len(f'"{workspace}":"{role}",'.encode())
            if size > MOST_BYTES or len(fitting) == MOST_WORKSPACES:
                return cls(fitting, more=True)
            fitting[workspace] = role
        return cls(fitting, more=False)


def issue(key: bytes, now: int, *, user: str, name: str, workspaces: Workspaces) -> str:
    """A token from `now` (unix seconds), which services/edge/src/access/session.ts verifies."""
    claims: dict[str, Any] = {"sub": user, "name": name, "iat": now, "exp": now + LIFETIME_SECONDS}
    claims["ws"] = dict(workspaces.roles)
    if workspaces.more:
        claims["more"] = True
    return jwt.encode(claims, key, algorithm="HS256", json_encoder=_Utf8)


def cookie(public_url: str, token: str) -> str:
    """The Set-Cookie value that keeps the token."""
    return _cookie(public_url, token, LIFETIME_SECONDS)


def cleared_cookie(public_url: str) -> str:
    """The Set-Cookie value that forgets it."""
    return _cookie(public_url, "", 0)


def cookie_name(public_url: str) -> str:
    """Browsers take the __Host- prefix only with Secure, and not all of them take Secure over plain HTTP."""
    return "__Host-session" if public_url.startswith("https://") else "session"


def _cookie(public_url: str, value: str, max_age: int) -> str:
    secure = "; Secure" if public_url.startswith("https://") else ""
    return f"{cookie_name(public_url)}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"


class _Utf8(json.JSONEncoder):
    """Names in other scripts as they are: escaped they could make the cookie too large."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})
