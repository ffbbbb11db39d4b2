"""How often somebody may ask: the same counters in Redis as the edge's, counted by the same script.

The edge's twin: services/edge/src/limit.
"""

import asyncio
import ipaddress
import time
from collections.abc import Sequence
from pathlib import Path

from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.common.identity import Identity
from services.common.log import write_log
from services.common.manifest import RateLimit
from services.common.problem import Problem

SCRIPT = (Path(__file__).parents[1] / "contract" / "sliding-window.lua").read_text("utf-8")

DEADLINE_SECONDS = 0.5
"""What waits for Redis is a request on its way: better an answer without it than none."""

PATIENT_SECONDS = 2.0
"""Where nothing can be done without Redis: a late answer is better than a refusal."""


class Limits:
    """Counts requests. `redis_url` as in the settings."""

    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(redis_url)
        self._script = self._redis.register_script(SCRIPT)

    async def close(self) -> None:
        await self._redis.aclose()

    async def count(self, limits: Sequence[RateLimit], identity: Identity | None, address: str) -> None:
        """Raises Problem 429, or 503 where nothing can be counted and a limit doesn't allow that."""
        if not limits:
            return
        keys = [f"limit:{limit.name}:{subject(limit, identity, address)}" for limit in limits]
        windows = [number for limit in limits for number in (limit.limit, limit.seconds * 1000)]
        refuses = any(limit.when_down == "refuse" for limit in limits)
        try:
            async with asyncio.timeout(PATIENT_SECONDS if refuses else DEADLINE_SECONDS):
                waits = await self._script(keys=keys, args=[time.time_ns() // 1_000_000, *windows])
        except (RedisError, OSError) as error:
            write_log("rate-limit", failure=type(error).__name__)
            if refuses:
                detail = "Requests can't be counted right now. Try again shortly."
                raise Problem(503, detail, {"retry-after": "5"}) from None
            return
        if (longest := max(waits)) > 0:
            seconds = -(-longest // 1000)
            detail = f"Too many requests. Try again in {seconds} s."
            raise Problem(429, detail, {"retry-after": str(seconds)})


def subject(limit: RateLimit, identity: Identity | None, address: str) -> str:
    """Who is counted: the person, or where the request comes from."""
    if limit.per == "user" and identity is not None:
        return f"user:{identity.user}"
    return f"address:{network(address)}"


def network(address: str) -> str:
    """An IPv4 address, or the /64 of an IPv6 address: who has one has all of it."""
    try:
        groups = ipaddress.IPv6Address(address).exploded.split(":")[:4]
    except ValueError:
        return address
    return ":".join(group.lstrip("0") or "0" for group in groups) + "::/64"
