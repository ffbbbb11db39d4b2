"""Accounts and sessions. Hashing a password needs more CPU than the edge has."""

from infra.routes.fields import Credential, Email, Id, Name, Password, RoleName, Slug
from infra.routes.limits import PASSWORDS, READS, SESSIONS, SIGN_UPS
from infra.routes.route import Handler, Input, Nothing, One, Public, Route, Row, Session


class NewAccount(Input):
    """Somebody who wants to sign in."""

    email: Email
    name: Name
    password: Password


class Credentials(Input):
    """Who somebody claims to be."""

    email: Credential
    password: Credential


class NewPassword(Input):
    """Another password, by somebody who knows the one in force."""

    current: Credential
    password: Password


class Account(Row):
    """Who is signed in, and until when (seconds). `more`: there are workspaces beside these."""

    user: Id
    name: Name
    expires: int
    workspaces: dict[Slug, RoleName]
    more: bool


sign_up = Route(
    "POST /api/sign-up",
    tier="server",
    access=Public(),
    rate_limits=(PASSWORDS, SIGN_UPS),
    handler=Handler("sign_up", on="server"),
    body=NewAccount,
    returns=One(Account, status=201),
    problems=(409,),
)

sign_in = Route(
    "POST /api/sign-in",
    tier="server",
    access=Public(),
    rate_limits=(PASSWORDS,),
    handler=Handler("sign_in", on="server"),
    body=Credentials,
    returns=One(Account),
    problems=(401,),
)

change_password = Route(
    "PUT /api/password",
    tier="server",
    access=Session(),
    rate_limits=(PASSWORDS,),
    handler=Handler("change_password", on="server"),
    body=NewPassword,
    returns=Nothing(),
    problems=(409,),
)

# The browser sends the refresh token to these only.
refresh_session = Route(
    "POST /api/session",
    tier="server",
    access=Public(),
    rate_limits=(SESSIONS,),
    handler=Handler("refresh_session", on="server"),
    returns=One(Account),
    problems=(401,),
)

sign_out = Route(
    "DELETE /api/session",
    tier="server",
    access=Public(),
    rate_limits=(SESSIONS,),
    handler=Handler("sign_out", on="server"),
    returns=Nothing(),
)

sign_out_everywhere = Route(
    "DELETE /api/session/everywhere",
    tier="server",
    access=Session(),
    rate_limits=(SESSIONS,),
    handler=Handler("sign_out_everywhere", on="server"),
    returns=Nothing(),
)

# The access token says it all.
read_me = Route(
    "GET /api/me",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_me", on="edge"),
    returns=One(Account),
)
