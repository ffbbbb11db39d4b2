"""The caller's session: kept up, ended; and the answer that signs somebody in."""

import time
from collections.abc import Mapping
from typing import Any

from services.api.handlers.call import Call
from services.api.reply import Reply, json_reply
from services.api.sessions import sessions
from services.api.sessions.refresh_token import RefreshToken
from services.api.sessions.sessions import SignedIn
from services.api.tools import Tools
from services.common import tokens
from services.common.cookies import REFRESH_HEADER, access_cookie, cleared_cookies, refresh_cookie
from services.common.problem import Problem
from services.common.roles import Role


async def refresh_session(call: Call, tools: Tools) -> Reply:
    """New tokens for the one that is used up. Problem 401 where it is none, or came a second time."""
    token = _refresh_token(call, tools)
    try:
        signed_in = None if token is None else await sessions.rotate(tools.database, token)
    except sessions.Reused as reused:
        call.request.state["failure"] = f"session {reused.session}: its refresh token came twice"
        await tools.revocations.session(reused.session)
        signed_in = None
    if signed_in is None:
        raise Problem(401, "Sign in again.", cookies=cleared_cookies(tools.settings.public_url))
    return signed_in_reply(tools, signed_in, 200)


async def sign_out(call: Call, tools: Tools) -> Reply:
    """Ends the session, and makes the browser forget the tokens. There may be none."""
    if (token := _refresh_token(call, tools)) is not None:
        await sessions.end(tools.database, token.session)
        await tools.revocations.session(token.session)
    return Reply(204, cookies=cleared_cookies(tools.settings.public_url))


async def sign_out_everywhere(call: Call, tools: Tools) -> Reply:
    """Ends every session of the caller, in other browsers too."""
    ended = sessions.end_others(call.caller.user)
    await tools.database.execute(ended.sql, ended.args)
    await tools.revocations.user(call.caller.user)
    return Reply(204, cookies=cleared_cookies(tools.settings.public_url))


def signed_in_reply(tools: Tools, signed_in: SignedIn, status: int) -> Reply:
    """The account, with both tokens as cookies."""
    settings, token = tools.settings, signed_in.token
    access, account = _access(tools, signed_in.user, signed_in.name, token.session, signed_in.roles)
    refresh = refresh_cookie(settings.public_url, token.sealed(settings.session_keys[0]))
    return json_reply(account, status, cookies=(access, refresh))


def with_new_roles(
    call: Call,
    tools: Tools,
    roles: Mapping[str, Role],
    status: int,
    answer: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """`answer`, with a new access token of the caller's session, which knows of the changed memberships."""
    caller = call.caller
    access, _ = _access(tools, caller.user, caller.name, caller.session, roles)
    return json_reply(answer, status, headers, cookies=(access,))


def _access(
    tools: Tools, user: str, name: str, session: str, roles: Mapping[str, Role]
) -> tuple[str, dict[str, Any]]:
    """The access token's cookie, and what is told of the account."""
    settings, now, workspaces = tools.settings, int(time.time()), tokens.Workspaces.of(roles)
    token = tokens.issue(
        settings.session_keys[0], now, user=user, name=name, session=session, workspaces=workspaces
    )
    expires = now + tokens.LIFETIME_SECONDS
    account = {"user": user, "name": name, "expires": expires}
    account |= {"workspaces": dict(workspaces.roles), "more": workspaces.more}
    return access_cookie(settings.public_url, token), account


def _refresh_token(call: Call, tools: Tools) -> RefreshToken | None:
    text = call.request.header(REFRESH_HEADER)
    return None if text is None else RefreshToken.opened(text, tools.settings.session_keys)
