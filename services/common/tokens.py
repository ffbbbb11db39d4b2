"""Access tokens: JWT, HS256, five minutes. Their verifier is services/edge/src/access/session.ts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from services.common.roles import Role

LIFETIME_SECONDS = 300
"""As long a session that has ended may still read and write."""

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


def issue(key: bytes, now: int, *, user: str, name: str, session: str, workspaces: Workspaces) -> str:
    """A token from `now` (unix seconds) of the session with this id."""
    claims: dict[str, Any] = {"sub": user, "name": name, "sid": session}
    claims |= {"iat": now, "exp": now + LIFETIME_SECONDS, "ws": dict(workspaces.roles)}
    if workspaces.more:
        claims["more"] = True
    return jwt.encode(claims, key, algorithm="HS256", json_encoder=_Utf8)


class _Utf8(json.JSONEncoder):
    """Names in other scripts as they are: escaped they could make the cookie too large."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{**options, "ensure_ascii": False})
