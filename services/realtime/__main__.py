"""`python -m services.realtime`: serves until SIGTERM, then says goodbye to everybody."""

import asyncio
import signal

from services.common.log import take_over_logging, write_log
from services.common.tasks import end
from services.realtime.feed import RedisFeed
from services.realtime.hub import Hub
from services.realtime.limits import Limits
from services.realtime.server import Realtime
from services.settings import Settings, load_or_exit


async def serve(settings: Settings, limits: Limits) -> None:
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    hub = Hub()
    hub.feed = feed = RedisFeed(settings.redis_url, hub)
    following = asyncio.create_task(feed.run())
    async with Realtime(settings, hub, limits).serving():
        write_log("start", tier="realtime", server=settings.server_name, release=settings.release)
        await ended.wait()
    await end(following)
    write_log("stop", tier="realtime", server=settings.server_name)


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(serve(load_or_exit(), Limits()))
