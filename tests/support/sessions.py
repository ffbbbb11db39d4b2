"""Access tokens as the api issues them, and what tests change in them."""

import time

import jwt

from tests.support.sqld import Sqld

SESSION = "019a04c2-64da-7001-85ed-5e5510000000"
ROW = """insert into sessions (id, user, generation, rotated, created, expires)
values (:id, 'ada', 1, 1, 1, 9000000000000) on conflict do nothing"""


def begin_session(database: Sqld) -> None:
    """The session of these tokens is there: the realtime service looks."""
    database.execute(ROW, {"id": SESSION})


def token(
    key: bytes, user: str = "ada", name: object = "Ada Harbour", ws: object = None, **claims: object
) -> str:
    """Of a valid session, but for what `claims` change; `ws`: roles by workspace."""
    now = int(time.time())
    every = {
        "sub": user,
        "sid": SESSION,
        "name": name,
        "iat": now,
        "exp": now + 600,
        "ws": {} if ws is None else ws,
        **claims,
    }
    return jwt.encode(every, key, algorithm="HS256")
