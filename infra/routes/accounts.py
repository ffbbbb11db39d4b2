"""Accounts and sessions. Hashing a password needs more CPU than the edge has."""

from infra.routes.fields import Credential, Email, Name, Password
from infra.routes.limits import PASSWORDS, READS
from infra.routes.route import Handler, Input, Public, Route, Session


class NewAccount(Input):
    """Somebody who wants to sign in."""

    email: Email
    name: Name
    password: Password


class Credentials(Input):
    """Who somebody claims to be."""

    email: Credential
    password: Credential


sign_up = Route(
    "POST /api/sign-up",
    tier="server",
    access=Public(),
    rate_limits=(PASSWORDS,),
    handler=Handler("sign_up", on="server"),
    body=NewAccount,
)

sign_in = Route(
    "POST /api/sign-in",
    tier="server",
    access=Public(),
    rate_limits=(PASSWORDS,),
    handler=Handler("sign_in", on="server"),
    body=Credentials,
)

sign_out = Route(
    "POST /api/sign-out", tier="server", access=Public(), handler=Handler("sign_out", on="server")
)

# The access token says it all.
read_me = Route(
    "GET /api/me",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("read_me", on="edge"),
)
