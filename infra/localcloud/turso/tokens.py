"""Access tokens of a database: JWTs signed by the database's own Ed25519 key, so that one opens no other."""

import time
import uuid
from typing import Any, cast

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from infra.localcloud.turso.model import Authorization, Database

ACCESS: dict[Authorization, str] = {"full-access": "rw", "read-only": "ro"}


def new_key() -> str:
    """A private key, PKCS#8 PEM."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return pem.decode()


def public_key(private_key: str) -> str:
    """The public half as libsql-server takes it: SubjectPublicKeyInfo PEM."""
    public = _key(private_key).public_key()
    return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def mint(database: Database, authorization: Authorization, seconds: int | None) -> str:
    """A token for one database; `seconds` is its life, None for ever.

    Claims as libsql-server 0.24.32 reads them (auth/user_auth_strategies/jwt.rs): `a` access, `id` namespace.
    """
    now = int(time.time())
    access = ACCESS[authorization]
    claims: dict[str, Any] = {"a": access, "iat": now, "id": database.namespace, "rid": str(uuid.uuid4())}
    if seconds is not None:
        claims["exp"] = now + seconds
    return jwt.encode(claims, _key(database.private_key), algorithm="EdDSA")


def _key(private_key: str) -> Ed25519PrivateKey:
    return cast("Ed25519PrivateKey", load_pem_private_key(private_key.encode(), password=None))
