"""Workspaces: made, joined and left. Each answers with a new token, which knows of the change."""

from collections.abc import Mapping, Sequence
from typing import Any, cast

from services.api.handlers.call import Call
from services.api.handlers.session import with_new_roles
from services.api.reply import Reply
from services.api.sessions.sessions import FIRST_ONES
from services.api.tools import Tools
from services.common.hrana import DatabaseFailure, Result, Row, Statement, Value
from services.common.ids import now_ms
from services.common.problem import FieldError, Problem
from services.common.roles import Role

INSERT = "insert into workspaces (id, name, open, created) values (:workspace, :name, :open, :now)"
INSERT_OWNER = """insert into memberships (workspace, user, role, created)
values (:workspace, :user, 'owner', :now)"""
# Who is a member already keeps the role.
JOIN = """insert into memberships (workspace, user, role, created)
select id, :user, 'editor', :now from workspaces where id = :workspace and open = 1
on conflict (workspace, user) do nothing"""
ROLE = "select role from memberships where workspace = :workspace and user = :user"
# Somebody has to stay who may do everything.
LEAVE = """delete from memberships where workspace = :workspace and user = :user and (role <> 'owner'
  or exists (select 1 from memberships as other
    where other.workspace = :workspace and other.role = 'owner' and other.user <> :user))"""


async def create_workspace(call: Call, tools: Tools) -> Reply:
    """201, and the caller is its owner."""
    workspace, name, open_ = (call.body[field] for field in ("id", "name", "open"))
    now = now_ms()
    insert = Statement(INSERT, {"workspace": workspace, "name": name, "open": int(open_), "now": now})
    owner = Statement(INSERT_OWNER, {"workspace": workspace, "user": call.caller.user, "now": now})
    try:
        *_, all_of_them = await changed_memberships(call, tools, [insert, owner])
    except DatabaseFailure as failure:
        if not failure.is_constraint:
            raise
        errors = [FieldError("body/id", "belongs to a workspace already")]
        raise Problem(409, "There is a workspace with this id already.", errors=errors) from None
    made = {"id": workspace, "name": name, "open": open_, "role": "owner", "created": now}
    location = {"location": f"/api/workspaces/{workspace}"}
    return with_token(call, tools, all_of_them, 201, made, location)


async def join_workspace(call: Call, tools: Tools) -> Reply:
    """Who is a member stays what they are. Problem 404 unless the workspace is open, or the caller's."""
    args = _args(call)
    join = Statement(JOIN, {**args, "now": now_ms()})
    _, role, all_of_them = await changed_memberships(call, tools, [join, Statement(ROLE, args)])
    if not role.rows:
        raise Problem(404, "There is no such open workspace.")
    joined = {"workspace": args["workspace"], "role": role.rows[0]["role"]}
    return with_token(call, tools, all_of_them, 200, joined)


async def leave_workspace(call: Call, tools: Tools) -> Reply:
    """Problem 403 of who is no member, 409 of the last owner."""
    args = _args(call)
    left, role, all_of_them = await changed_memberships(
        call, tools, [Statement(LEAVE, args), Statement(ROLE, args)]
    )
    if left.changed == 0 and not role.rows:
        raise Problem(403, "You are not a member of this workspace.")
    if left.changed == 0:
        raise Problem(409, "The last owner can't leave the workspace.")
    await tools.revocations.membership(str(args["workspace"]), call.caller.user)
    return with_token(call, tools, all_of_them, 200, {"workspace": args["workspace"], "role": None})


def _args(call: Call) -> dict[str, Value]:
    return {"workspace": str(call.path["workspace"]), "user": call.caller.user}


async def changed_memberships(call: Call, tools: Tools, changes: Sequence[Statement]) -> Sequence[Result]:
    """The results of the changes, and after them the caller's memberships."""
    memberships = Statement(FIRST_ONES, {"user": call.caller.user})
    return await tools.database.transaction([*changes, memberships])


def with_token(
    call: Call,
    tools: Tools,
    memberships: Result,
    status: int,
    answer: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Reply:
    roles = dict(map(_membership, memberships.rows))
    return with_new_roles(call, tools, roles, status, answer, headers)


def _membership(row: Row) -> tuple[str, Role]:
    return str(row["workspace"]), cast("Role", row["role"])
