"""Tokens that are not genuine, at both front doors."""

import json
import time
from typing import Any

import jwt
import pytest

from services.common import base64url
from tests.security.conftest import Door
from tests.support.problem import check_problem


def part(value: dict[str, Any]) -> str:
    return base64url.encode(json.dumps(value).encode())


def forged(door: Door, kind: str) -> str:
    genuine = door.token()
    header, claims, code = genuine.split(".")
    open_claims = jwt.decode(genuine, options={"verify_signature": False})
    now = int(time.time())
    match kind:
        case "none" | "None" | "NONE" | "nOnE":
            return f"{part({'alg': kind, 'typ': 'JWT'})}.{claims}."
        case "none with a code":
            return f"{part({'alg': 'none'})}.{claims}.{code}"
        case "HS384" | "HS512":
            # PyJWT refuses keys shorter than the hash.
            return jwt.encode(open_claims, door.keys.session * 2, algorithm=kind)
        case "RS256" | "ES256" | "EdDSA":
            return f"{part({'alg': kind, 'typ': 'JWT'})}.{claims}.{code}"
        case "a key of its own":
            own = {"kty": "oct", "k": base64url.encode(b"k" * 32)}
            return jwt.encode(
                open_claims, b"k" * 32, algorithm="HS256", headers={"jwk": own, "kid": "../../dev/null"}
            )
        case "the edge's key":
            return jwt.encode(open_claims, door.keys.edge, algorithm="HS256")
        case "an empty key":
            return jwt.encode(open_claims, b"\0" * 32, algorithm="HS256")
        case "other claims":
            return f"{header}.{part({**open_claims, 'ws': {'harbour': 'owner'}})}.{code}"
        case "expired":
            return door.token(exp=now - 1)
    raise AssertionError(kind)


KINDS = [
    *("none", "None", "NONE", "nOnE", "none with a code", "HS384", "HS512", "RS256", "ES256", "EdDSA"),
    *("a key of its own", "the edge's key", "an empty key", "other claims", "expired"),
]


@pytest.mark.parametrize("kind", KINDS)
def test_no_token_but_a_genuine_one_opens_a_door(door: Door, kind: str) -> None:
    with door.client(forged(door, kind)) as client, door.gate.counted() as passed:
        check_problem(client.get("/api/workspaces/harbour/statistics"), 401)
    assert passed == []
