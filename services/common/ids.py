"""Ids: UUIDv7 (RFC 9562), whose order is the order of creation."""

import secrets
import time
import uuid

DAY_MS = 86_400_000


def new_id() -> str:
    """A UUIDv7 in lower case, as the edge makes them."""
    return id_at(now_ms(), secrets.randbits(74))


def id_at(milliseconds: int, chance: int = 0) -> str:
    """The UUIDv7 of that time with 74 bits of `chance`; the one without sorts first in its millisecond."""
    bits = (
        (milliseconds << 80) | (7 << 76) | ((chance >> 62 & 0xFFF) << 64) | (2 << 62) | chance & (1 << 62) - 1
    )
    return str(uuid.UUID(int=bits))


def now_ms() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000
