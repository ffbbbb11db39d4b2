"""Accounts: sign up, sign in, another password."""

import re
import secrets

from services.api.handlers.call import Call
from services.api.handlers.session import signed_in_reply
from services.api.reply import Reply
from services.api.sessions import sessions
from services.api.sessions.sessions import ROLES, SignedIn
from services.api.tools import Tools
from services.common.hrana import DatabaseFailure, Statement, Value
from services.common.ids import new_id, now_ms
from services.common.problem import FieldError, Problem

INSERT_USER = """insert into users (id, email, name, password, created)
values (:id, :email, :name, :password, :now)"""
INSERT_WORKSPACE = "insert into workspaces (id, name, open, created) values (:workspace, :name, 0, :now)"
INSERT_OWNER = """insert into memberships (workspace, user, role, created)
values (:workspace, :id, 'owner', :now)"""
FIND = f"select id, name, password, {ROLES} from users where email = :email"  # noqa: S608 - constants only
READ = f"select name, password, {ROLES} from users where id = :id"  # noqa: S608
CHANGE = "update users set password = :password where id = :id and password = :former"

_NO_SLUG = re.compile(r"[^a-z0-9]+")
_NAME_CHARACTERS = 40
_RANDOM_BYTES = 5


async def sign_up(call: Call, tools: Tools) -> Reply:
    """Makes an account with a workspace of its own, and signs in."""
    name: str = call.body["name"]
    user: dict[str, Value] = {"id": new_id(), "name": name, "now": now_ms(), "workspace": _personal(name)}
    password = await tools.passwords.hash(call.body["password"])
    account = {**user, "email": call.body["email"].lower(), "password": password}
    token, session = sessions.start(str(user["id"]))
    inserts = [Statement(sql, _taken(sql, account)) for sql in (INSERT_USER, INSERT_WORKSPACE, INSERT_OWNER)]
    try:
        await tools.database.transaction([*inserts, session])
    except DatabaseFailure as failure:
        if not (failure.is_constraint and "users.email" in failure.message):
            raise
        errors = [FieldError("body/email", "belongs to an account already")]
        raise Problem(409, "There is an account with this email already.", errors=errors) from None
    return signed_in_reply(
        tools, SignedIn(str(user["id"]), name, {str(user["workspace"]): "owner"}, token), 201
    )


async def sign_in(call: Call, tools: Tools) -> Reply:
    """The same answer, after the same time, to an unknown email as to a wrong password."""
    tools.passwords.require_room()
    found = await tools.database.execute(FIND, {"email": call.body["email"].lower()})
    user = found.rows[0] if found.rows else None
    right = await tools.passwords.matches(call.body["password"], str(user["password"]) if user else None)
    if not right or not user:
        raise Problem(401, "The email or the password is not right.")
    token, session = sessions.start(str(user["id"]))
    await tools.database.execute(session.sql, session.args)
    signed_in = SignedIn(str(user["id"]), str(user["name"]), sessions.roles_of(user), token)
    return signed_in_reply(tools, signed_in, 200)


async def change_password(call: Call, tools: Tools) -> Reply:
    """Ends the caller's other sessions: one of them may be why the password is changed."""
    caller = call.caller
    [user] = (await tools.database.execute(READ, {"id": caller.user})).rows
    if not await tools.passwords.matches(call.body["current"], str(user["password"])):
        errors = [FieldError("body/current", "is not the password of this account")]
        raise Problem(422, "The body is not valid.", errors=errors)
    password = await tools.passwords.hash(call.body["password"])
    change = Statement(CHANGE, {"id": caller.user, "password": password, "former": user["password"]})
    changed, _ = await tools.database.transaction([change, sessions.end_others(caller.user, caller.session)])
    if changed.changed == 0:
        raise Problem(409, "The password was changed by somebody else just now.")
    await tools.revocations.user(caller.user, but=caller.session)
    return Reply(204)


def _personal(name: str) -> str:
    """The id of somebody's own workspace: a little of the name, and enough chance to be the only one."""
    readable = _NO_SLUG.sub("-", name.lower())[:_NAME_CHARACTERS].strip("-") or "notes"
    return f"{readable}-{secrets.token_hex(_RANDOM_BYTES)}"


def _taken(sql: str, values: dict[str, Value]) -> dict[str, Value]:
    """The values that the statement takes."""
    return {name: value for name, value in values.items() if re.search(rf":{name}\b", sql)}
