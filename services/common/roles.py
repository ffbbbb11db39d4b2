"""Roles in a workspace, from the least to the most; the edge's twin: services/edge/src/access/roles.ts."""

from typing import Final, Literal

Role = Literal["viewer", "editor", "admin", "owner"]

RANK: Final[dict[str, int]] = {"viewer": 0, "editor": 1, "admin": 2, "owner": 3}
