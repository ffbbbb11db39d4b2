"""Access tokens as the api issues them, and what tests change in them."""

import time

import jwt

SESSION = "019a04c2-64da-7001-85ed-5e5510000000"


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
