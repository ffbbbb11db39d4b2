"""The sessions in the database: started, kept up, ended."""

import json
from dataclasses import dataclass
from typing import cast

from services.api.sessions.refresh_token import RefreshToken
from services.common import tokens
from services.common.cookies import REFRESH_SECONDS
from services.common.hrana import Database, Row, Statement, Value
from services.common.ids import new_id, now_ms
from services.common.roles import Role

FIRST_ONES = f"""select workspace, role from memberships where user = :user
  order by created desc, workspace limit {tokens.MOST_WORKSPACES + 1}"""  # noqa: S608 - a number of our own
"""The memberships that a token carries, and one that tells of others."""

ROLES = f"""(select json_group_array(json_array(workspace, role))
  from ({FIRST_ONES.replace(":user", "users.id")})) as roles"""  # noqa: S608 - constants only
"""The same as a column beside `users`."""

START = """insert into sessions (id, user, generation, rotated, created, expires)
values (:id, :user, 0, :now, :now, :expires)"""
ROTATE = """update sessions set generation = generation + 1, rotated = :now, expires = :expires
where id = :id and generation = :generation and expires > :now"""
READ = f"""select users.id as user, name, generation, rotated, {ROLES}
from sessions join users on users.id = user where sessions.id = :id and expires > :now"""  # noqa: S608
END = "delete from sessions where id = :id"
END_OF = "delete from sessions where user = :user and id <> :kept"

GRACE_MS = 30_000
"""Two pages of one browser may use a token at once: as long, the later one gets what the first one got."""


@dataclass(frozen=True)
class SignedIn:
    """Whose session it is, with what their access token says."""

    user: str
    name: str
    roles: dict[str, Role]
    token: RefreshToken


class Reused(Exception):
    """A refresh token was used twice: one of the two was not its owner's. The session has ended."""

    def __init__(self, session: str) -> None:
        super().__init__(session)
        self.session = session


def start(user: str) -> tuple[RefreshToken, Statement]:
    """A new session's first token, and the statement that makes the session."""
    now, session = now_ms(), new_id()
    args: dict[str, Value] = {
        "id": session,
        "user": user,
        "now": now,
        "expires": now + REFRESH_SECONDS * 1000,
    }
    return RefreshToken(session, 0), Statement(START, args)


async def rotate(database: Database, token: RefreshToken) -> SignedIn | None:
    """The session's next token; None where there is no such session any more. Raises Reused."""
    now = now_ms()
    args: dict[str, Value] = {"id": token.session, "now": now}
    change = {**args, "generation": token.generation, "expires": now + REFRESH_SECONDS * 1000}
    rotated, read = await database.transaction([Statement(ROTATE, change), Statement(READ, args)])
    if not read.rows:
        return None
    row = read.rows[0]
    if rotated.changed == 0 and not _is_of_a_moment_ago(row, token, now):
        await database.execute(END, {"id": token.session})
        raise Reused(token.session)
    return SignedIn(
        str(row["user"]),
        str(row["name"]),
        roles_of(row),
        RefreshToken(token.session, _int(row, "generation")),
    )


async def end(database: Database, session: str) -> None:
    await database.execute(END, {"id": session})


def end_others(user: str, kept: str = "") -> Statement:
    """The statement that ends a person's sessions, but for one."""
    return Statement(END_OF, {"user": user, "kept": kept})


def roles_of(row: Row) -> dict[str, Role]:
    """Of a row with the column ROLES."""
    return cast("dict[str, Role]", dict(json.loads(str(row["roles"]))))


def _is_of_a_moment_ago(row: Row, token: RefreshToken, now: int) -> bool:
    return _int(row, "generation") == token.generation + 1 and now - _int(row, "rotated") <= GRACE_MS


def _int(row: Row, name: str) -> int:
    return int(row[name] or 0)
