"""The cookies of a session: their names and flags follow the public URL's scheme."""

from services.common.tokens import LIFETIME_SECONDS

REFRESH_PATH = "/api/session"
REFRESH_HEADER = "shoreline-refresh"
"""The refresh token as the edge hands it on to the api."""
REFRESH_SECONDS = 30 * 86_400
"""After so long without a visit one has to sign in again."""


def access_cookie_name(public_url: str) -> str:
    """Browsers take the __Host- prefix only with Secure, and not all of them take Secure over plain HTTP."""
    return "__Host-session" if _is_secure(public_url) else "session"


def refresh_cookie_name(public_url: str) -> str:
    return "__Secure-refresh" if _is_secure(public_url) else "refresh"


def access_cookie(public_url: str, token: str, max_age: int = LIFETIME_SECONDS) -> str:
    """The Set-Cookie value that keeps the access token: sent with every request, verified by the edge."""
    flags = f"Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{_secure(public_url)}"
    return f"{access_cookie_name(public_url)}={token}; {flags}"


def refresh_cookie(public_url: str, token: str, max_age: int = REFRESH_SECONDS) -> str:
    """The Set-Cookie value that keeps the refresh token: sent to the routes of the session only."""
    flags = f"Path={REFRESH_PATH}; Max-Age={max_age}; HttpOnly; SameSite=Strict{_secure(public_url)}"
    return f"{refresh_cookie_name(public_url)}={token}; {flags}"


def cleared_cookies(public_url: str) -> tuple[str, str]:
    """The Set-Cookie values that forget both."""
    return access_cookie(public_url, "", 0), refresh_cookie(public_url, "", 0)


def cookie_of(header: str, name: str) -> str | None:
    """The value of the first cookie of this name in a Cookie header."""
    for part in header.split(";"):
        key, equals, value = part.partition("=")
        if equals and key.strip() == name:
            return value.strip()
    return None


def _secure(public_url: str) -> str:
    return "; Secure" if _is_secure(public_url) else ""


def _is_secure(public_url: str) -> bool:
    return public_url.startswith("https://")
