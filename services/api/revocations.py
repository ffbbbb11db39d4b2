"""Tells the realtime services what has ended. Without Redis the sockets end with their lifetime."""

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.common.log import write_log
from services.common.revocations import CHANNEL, Revocation

SEND_SECONDS = 2.0


class Revocations:
    def __init__(self, redis_url: str) -> None:
        self._redis = Redis.from_url(
            redis_url,
            socket_connect_timeout=SEND_SECONDS,
            socket_timeout=SEND_SECONDS,
            retry=Retry(NoBackoff(), 1),
        )

    async def close(self) -> None:
        await self._redis.aclose()

    async def session(self, session: str) -> None:
        await self._publish(Revocation(kind="session", session=session))

    async def user(self, user: str, but: str | None = None) -> None:
        """`but`: the session that stays."""
        await self._publish(Revocation(kind="user", user=user, but=but))

    async def membership(self, workspace: str, user: str) -> None:
        await self._publish(Revocation(kind="membership", workspace=workspace, user=user))

    async def _publish(self, revocation: Revocation) -> None:
        try:
            await self._redis.publish(CHANNEL, revocation.model_dump_json(exclude_none=True))
        except (RedisError, OSError, TimeoutError) as error:
            write_log("revocation", tier="api", kind=revocation.kind, failure=type(error).__name__)
