"""Who may ask: anybody, somebody signed in, or a member of the workspace that the path names.

The edge's twin: services/edge/src/access/access.ts.
"""

from collections.abc import Mapping

from services.common.hrana import Database
from services.common.identity import Identity
from services.common.manifest import Member, Route
from services.common.problem import Problem
from services.common.roles import RANK

ROLE = "select role from memberships where workspace = :workspace and user = :user"


async def check_access(
    route: Route, identity: Identity | None, path: Mapping[str, str], database: Database
) -> None:
    """Raises Problem 401 or 403. Asks the database only about somebody whose token could not hold all."""
    if route.access.kind == "public":
        return
    if identity is None:
        raise Problem(401, "Sign in first.")
    if isinstance(route.access, Member):
        role = await _role(identity, path[route.access.parameter], database)
        if role is None:
            raise Problem(403, "You are not a member of this workspace.")
        if RANK[role] < RANK[route.access.role]:
            raise Problem(403, "Your role in this workspace does not allow this.")


async def _role(identity: Identity, workspace: str, database: Database) -> str | None:
    if workspace in identity.ws or not identity.more:
        return identity.ws.get(workspace)
    found = await database.execute(ROLE, {"workspace": workspace, "user": identity.user})
    return str(found.rows[0]["role"]) if found.rows else None
