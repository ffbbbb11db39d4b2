"""Accounts: sign up, sign in, sign out. The access token that they give is verified at the edge."""

import json
import re
import secrets

from services.api.handlers.call import Call
from services.api.handlers.session import FIRST_ONES, session_reply
from services.api.reply import Reply
from services.api.tools import Tools
from services.common import tokens
from services.common.hrana import DatabaseFailure, Statement, Value
from services.common.ids import new_id, now_ms
from services.common.problem import FieldError, Problem

INSERT_USER = """insert into users (id, email, name, password, created)
values (:id, :email, :name, :password, :now)"""
INSERT_WORKSPACE = "insert into workspaces (id, name, open, created) values (:workspace, :name, 0, :now)"
INSERT_OWNER = """insert into memberships (workspace, user, role, created)
values (:workspace, :id, 'owner', :now)"""
FIND = f"""select id, name, password, (
  select json_group_array(json_array(workspace, role)) from ({FIRST_ONES.replace(":user", "users.id")})
) as memberships from users where email = :email"""  # noqa: S608 - constants only

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_NAME_CHARACTERS = 40
_RANDOM_BYTES = 5


async def sign_up(call: Call, tools: Tools) -> Reply:
    """Makes an account with a workspace of its own, and signs in."""
    name: str = call.body["name"]
    user: dict[str, Value] = {"id": new_id(), "name": name, "now": now_ms(), "workspace": _personal(name)}
    password = await tools.passwords.hash(call.body["password"])
    account = {**user, "email": call.body["email"].lower(), "password": password}
    inserts = (INSERT_USER, INSERT_WORKSPACE, INSERT_OWNER)
    try:
        await tools.database.transaction([Statement(sql, _taken(sql, account)) for sql in inserts])
    except DatabaseFailure as failure:
        if not (failure.is_constraint and "users.email" in failure.message):
            raise
        errors = [FieldError("body/email", "belongs to an account already")]
        raise Problem(409, "There is an account with this email already.", errors=errors) from None
    return session_reply(tools, str(user["id"]), name, {str(user["workspace"]): "owner"}, 201)


async def sign_in(call: Call, tools: Tools) -> Reply:
    """The same answer, after the same time, to an unknown email as to a wrong password."""
    found = await tools.database.execute(FIND, {"email": call.body["email"].lower()})
    user = found.rows[0] if found.rows else None
    right = await tools.passwords.matches(call.body["password"], str(user["password"]) if user else None)
    if not right or not user:
        raise Problem(401, "The email or the password is not right.")
    roles = dict(json.loads(str(user["memberships"])))
    return session_reply(tools, str(user["id"]), str(user["name"]), roles, 200)


async def sign_out(_call: Call, tools: Tools) -> Reply:
    """Makes the browser forget the token."""
    return Reply(204, {"set-cookie": tokens.cleared_cookie(tools.settings.public_url)})


def _personal(name: str) -> str:
    """The id of somebody's own workspace: a little of the name, and enough chance to be the only one."""
    readable = _NO_SLUG.sub("-", name.lower())[:_NAME_CHARACTERS].strip("-") or "notes"
    return f"{readable}-{secrets.token_hex(_RANDOM_BYTES)}"


def _taken(sql: str, values: dict[str, Value]) -> dict[str, Value]:
    """The values that the statement takes."""
    return {name: value for name, value in values.items() if re.search(rf":{name}\b", sql)}
