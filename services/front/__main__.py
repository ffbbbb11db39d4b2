"""`python -m services.front`: serves until SIGTERM, then finishes the requests it has."""

import asyncio
import signal

from aiohttp import web

from services.common.log import take_over_logging, write_log
from services.front.app import TIER, create_app
from services.front.connections import connections
from services.front.limits import Limits
from services.settings import FrontSettings, load_or_exit

DRAIN_SECONDS = 20.0


async def serve(settings: FrontSettings) -> None:
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    limits = Limits(settings.redis_url)
    async with connections(settings) as http:
        runner = web.AppRunner(
            create_app(settings, http, limits), access_log=None, shutdown_timeout=DRAIN_SECONDS
        )
        await runner.setup()
        await web.SockSite(runner, settings.front_listen.socket()).start()
        write_log("start", tier=TIER, server=settings.server_name, release=settings.release)
        await ended.wait()
        await runner.cleanup()
    await limits.close()
    write_log("stop", tier=TIER, server=settings.server_name)


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(serve(load_or_exit(FrontSettings)))
