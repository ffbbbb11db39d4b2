"""Sessions: what signs somebody in, or tells of a changed membership, sets the cookie with a new token."""

import time
from collections.abc import Mapping
from typing import Any

from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common import tokens
from services.common.roles import Role

FIRST_ONES = f"""select workspace, role from memberships where user = :user
  order by created desc, workspace limit {tokens.MOST_WORKSPACES + 1}"""  # noqa: S608 - a number of our own
"""The memberships that a token carries, and one that tells of others."""


def session_reply(
    tools: Tools,
    user: str,
    name: str,
    roles: Mapping[str, Role],
    status: int,
    answer: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """`answer`: instead of the account."""
    now, workspaces = int(time.time()), tokens.Workspaces.of(roles)
    token = tokens.issue(tools.settings.session_key, now, user=user, name=name, workspaces=workspaces)
    account = {
        "user": user,
        "name": name,
        "expires": now + tokens.LIFETIME_SECONDS,
        "workspaces": dict(workspaces.roles),
        "more": workspaces.more,
    }
    cookie = tokens.cookie(tools.settings.public_url, token)
    return json_reply(answer or account, status, {**(headers or {}), "set-cookie": cookie})
