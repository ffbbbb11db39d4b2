"""Access tokens: JWT, HS256, ten minutes; their cookie's name and flags follow the public URL's scheme."""

import jwt

LIFETIME_SECONDS = 600


def issue(key: bytes, now: int, *, user: str, name: str) -> str:
    """A token from `now` (unix seconds), which services/edge/src/session.ts verifies."""
    claims = {"sub": user, "name": name, "iat": now, "exp": now + LIFETIME_SECONDS}
    return jwt.encode(claims, key, algorithm="HS256")


def cookie(public_url: str, token: str) -> str:
    """The Set-Cookie value that keeps the token."""
    return _cookie(public_url, token, LIFETIME_SECONDS)


def cleared_cookie(public_url: str) -> str:
    """The Set-Cookie value that forgets it."""
    return _cookie(public_url, "", 0)


def _cookie(public_url: str, value: str, max_age: int) -> str:
    # Browsers take the __Host- prefix only with Secure, and not all of them take Secure over plain HTTP.
    name, secure = ("__Host-session", "; Secure") if public_url.startswith("https://") else ("session", "")
    return f"{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}"
