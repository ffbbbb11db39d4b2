"""Passwords: Argon2id in threads, a few at a time, as long for somebody unknown as for a wrong password."""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.common.problem import Problem

AT_ONCE = 2
"""Each takes 64 MiB for its time (argon2-cffi's default, RFC 9106's second choice)."""
WAITING = 32
"""Beyond, it is better to be told to come back."""
RETRY_AFTER_SECONDS = 2


class Passwords:
    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._nobodys = self._hasher.hash(secrets.token_hex())
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._count = 0

    def require_room(self) -> None:
        """Raises Problem 503 where too many wait: before anything is done for one more."""
        if self._count >= AT_ONCE + WAITING:
            retry = {"retry-after": str(RETRY_AFTER_SECONDS)}
            raise Problem(503, "Too many people are signing in. Try again shortly.", retry)

    async def hash(self, password: str) -> str:
        """In PHC format. Raises Problem 503 where too many wait."""
        async with self._slot():
            return await asyncio.to_thread(self._hasher.hash, password)

    async def matches(self, password: str, stored: str | None) -> bool:
        """Whether it is the password of `stored`; False, after the same work, for None.

        Raises Problem 503 where too many wait.
        """
        async with self._slot():
            verified = await asyncio.to_thread(self._verify, password, stored or self._nobodys)
        return verified and stored is not None

    def _verify(self, password: str, stored: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False

    @asynccontextmanager
    async def _slot(self) -> AsyncIterator[None]:
        self.require_room()
        self._count += 1
        try:
            async with self._slots:
                yield
        finally:
            self._count -= 1
