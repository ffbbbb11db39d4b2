"""Members of a workspace: invited by a link that is good once, given another role, removed.

Roles are read in the statement that changes something: a token may be some minutes behind.
"""

import hashlib
import secrets
from collections.abc import Mapping

from services.api.handlers.call import Call
from services.api.handlers.workspaces import changed_memberships, with_token
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.base64url import encode
from services.common.hrana import Statement, Value
from services.common.ids import DAY_MS, new_id, now_ms
from services.common.problem import Problem
from services.common.roles import RANK

_SECRET_BYTES = 32
_NOT_ALLOWED = "Your role in this workspace does not allow this."


def _rank(role: str) -> str:
    """SQL for a number that is higher for the role that may do more."""
    return f"instr('{' '.join(RANK)}', {role})"


INVITE = f"""insert into invitations (id, workspace, role, secret, inviter, created, expires)
select :id, workspace, :role, :secret, user, :now, :expires from memberships
where workspace = :workspace and user = :user
  and role in ('admin', 'owner') and {_rank("role")} >= {_rank(":role")}"""  # noqa: S608 - constants only

# Who is a member already keeps the role, and the invitation stays for somebody else.
JOIN = f"""insert into memberships (workspace, user, role, created)
select invitations.workspace, :user, invitations.role, :now from invitations
  join memberships as inviting on inviting.workspace = invitations.workspace
    and inviting.user = invitations.inviter and inviting.role in ('admin', 'owner')
    and {_rank("inviting.role")} >= {_rank("invitations.role")}
where secret = :secret and expires > :now
on conflict (workspace, user) do nothing"""  # noqa: S608
OFFER = """select invitations.workspace, invitations.role as offered, memberships.role as held
from invitations left join memberships on memberships.workspace = invitations.workspace
  and memberships.user = :user
where secret = :secret and expires > :now"""
USE_UP = "delete from invitations where secret = :secret and changes() = 1"


def _caller_has(*roles: str) -> str:
    """SQL: the caller manages the members, and may do no less than each of these roles."""
    each = " and ".join(f"{_rank('own.role')} >= {_rank(role)}" for role in roles)
    return f"""exists (select 1 from memberships as own
    where own.workspace = :workspace and own.user = :user and own.role in ('admin', 'owner') and {each})"""  # noqa: S608


_NOT_THE_LAST_OWNER = """(role <> 'owner' or exists (select 1 from memberships as other
    where other.workspace = :workspace and other.role = 'owner' and other.user <> :member))"""
CHANGE = f"""update memberships set role = :role where workspace = :workspace and user = :member
  and {_caller_has("memberships.role", ":role")}
  and (:role = 'owner' or {_NOT_THE_LAST_OWNER})"""  # noqa: S608
REMOVE = f"""delete from memberships where workspace = :workspace and user = :member
  and {_caller_has("memberships.role")} and {_NOT_THE_LAST_OWNER}"""  # noqa: S608
BOTH = "select user, role from memberships where workspace = :workspace and user in (:user, :member)"


async def create_invitation(call: Call, tools: Tools) -> Reply:
    """201, and the secret, which nobody can read again."""
    secret, now = secrets.token_urlsafe(_SECRET_BYTES), now_ms()
    made: dict[str, Value] = {"id": new_id(), "workspace": str(call.path["workspace"])}
    made |= {"role": call.body["role"], "expires": now + int(call.body["days"]) * DAY_MS}
    args = {**made, "user": call.caller.user, "secret": _hashed(secret), "now": now}
    if (await tools.database.execute(INVITE, args)).changed == 0:
        raise Problem(403, _NOT_ALLOWED)
    return json_reply({**made, "created": now, "secret": secret}, 201)


async def accept_invitation(call: Call, tools: Tools) -> Reply:
    """The caller's role, with a token that knows of it. Problem 404 of a link that is not good any more."""
    used = {"secret": _hashed(call.body["secret"])}
    args: dict[str, Value] = {**used, "user": call.caller.user, "now": now_ms()}
    changes = [Statement(OFFER, args), Statement(JOIN, args), Statement(USE_UP, used)]
    offer, joined, _, all_of_them = await changed_memberships(call, tools, changes)
    if not offer.rows or (joined.changed == 0 and offer.rows[0]["held"] is None):
        raise Problem(
            404, "This invitation is not good any more. If you are no member yet, ask for another one."
        )
    [row] = offer.rows
    answer = {"workspace": row["workspace"], "role": row["held"] or row["offered"]}
    return with_token(call, tools, all_of_them, 200, answer)


async def change_member(call: Call, tools: Tools) -> Reply:
    """Nobody gives more than they have, nor takes from who has more. Problem 409 for the last owner."""
    role: str = call.body["role"]
    await _change(call, tools, CHANGE, role, {"role": role})
    return json_reply({"user": call.path["user"], "role": role})


async def remove_member(call: Call, tools: Tools) -> Reply:
    await _change(call, tools, REMOVE, None, {})
    return Reply(204)


async def _change(call: Call, tools: Tools, sql: str, role: str | None, values: dict[str, Value]) -> None:
    """Changes a membership, and has the member's sockets closed: they come back as what they are now."""
    workspace, member = str(call.path["workspace"]), str(call.path["user"])
    about: dict[str, Value] = {"workspace": workspace, "user": call.caller.user, "member": member}
    before, changed = await tools.database.transaction(
        [Statement(BOTH, about), Statement(sql, about | values)]
    )
    if changed.changed == 0:
        raise _refusal({str(row["user"]): str(row["role"]) for row in before.rows}, call, role)
    await tools.revocations.membership(workspace, member)


def _refusal(roles: Mapping[str, str], call: Call, role: str | None) -> Problem:
    """Why nothing was changed."""
    own, held = roles.get(call.caller.user), roles.get(str(call.path["user"]))
    if held is None:
        return Problem(404, "There is no such member.")
    needed = max(RANK["admin"], RANK[held], RANK[role] if role else 0)
    if own is None or RANK[own] < needed:
        return Problem(403, _NOT_ALLOWED)
    return Problem(409, "The last owner stays one.")


def _hashed(secret: str) -> str:
    return encode(hashlib.sha256(secret.encode()).digest())
