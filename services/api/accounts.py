"""Accounts: sign up, sign in, sign out. The access token that they give is verified at the edge."""

import time
from typing import Annotated

from pydantic import Field
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from services.api.input import Input, json_body
from services.api.tools import Tools
from services.common import tokens
from services.common.hrana import DatabaseFailure, Value
from services.common.ids import new_id, now_ms
from services.common.problem import FieldError, Problem

INSERT = """insert into users (id, email, name, password, created)
values (:id, :email, :name, :password, :created)"""
FIND = "select id, name, password from users where email = :email"

Email = Annotated[
    str,
    Field(
        description="an email address of at most 254 characters",
        max_length=254,
        pattern=r"^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+\Z",
    ),
]
Password = Annotated[str, Field(description="text of 10 to 256 characters", min_length=10, max_length=256)]


class NewAccount(Input):
    email: Email
    name: Annotated[
        str,
        Field(
            description="text of 1 to 80 characters, not only spaces",
            min_length=1,
            max_length=80,
            pattern=r"\S",
        ),
    ]
    password: Password


class Credentials(Input):
    email: Annotated[str, Field(description="text", max_length=1000)]
    password: Annotated[str, Field(description="text", max_length=1000)]


async def sign_up(request: Request, tools: Tools) -> Response:
    """Makes an account and signs in."""
    account = await json_body(request, NewAccount)
    user: dict[str, Value] = {
        "id": new_id(),
        "email": account.email.lower(),
        "name": account.name,
        "created": now_ms(),
    }
    password = await tools.passwords.hash(account.password)
    try:
        await tools.database.execute(INSERT, {**user, "password": password})
    except DatabaseFailure as failure:
        if not (failure.code or "").startswith("SQLITE_CONSTRAINT"):
            raise
        errors = [FieldError("body/email", "belongs to an account already")]
        raise Problem(409, "There is an account with this email already.", errors=errors) from None
    return _signed_in(tools, str(user["id"]), account.name, 201)


async def sign_in(request: Request, tools: Tools) -> Response:
    """The same answer, after the same time, to an unknown email as to a wrong password."""
    given = await json_body(request, Credentials)
    found = await tools.database.execute(FIND, {"email": given.email.lower()})
    user = found.rows[0] if found.rows else None
    if not await tools.passwords.matches(given.password, str(user["password"]) if user else None) or not user:
        raise Problem(401, "The email or the password is not right.")
    return _signed_in(tools, str(user["id"]), str(user["name"]), 200)


async def sign_out(_request: Request, tools: Tools) -> Response:
    """Makes the browser forget the token."""
    cookie = tokens.cleared_cookie(tools.settings.public_url)
    return Response(status_code=204, headers={"set-cookie": cookie})


def _signed_in(tools: Tools, user: str, name: str, status: int) -> Response:
    now = int(time.time())
    token = tokens.issue(tools.settings.session_key, now, user=user, name=name)
    headers = {"set-cookie": tokens.cookie(tools.settings.public_url, token)}
    account = {"user": user, "name": name, "expires": now + tokens.LIFETIME_SECONDS}
    return JSONResponse(account, status, headers)
