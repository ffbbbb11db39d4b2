"""`python -m services.front`: serves until SIGTERM, then finishes the requests it has."""

import asyncio
import signal

import aiohttp
from aiohttp import web

from services.common.log import take_over_logging, write_log
from services.front.app import TIER, create_app
from services.front.limits import Limits
from services.settings import Settings, load_or_exit

KEEP_ALIVE_SECONDS = 5.0
"""Shorter than the services keep an idle connection, so that none is used as it is closed."""
DRAIN_SECONDS = 20.0


async def serve(settings: Settings) -> None:
    ended = asyncio.Event()
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    limits = Limits(settings.redis_url)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
    ) as http:
        runner = web.AppRunner(
            create_app(settings, http, limits), access_log=None, shutdown_timeout=DRAIN_SECONDS
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", settings.front_port).start()
        write_log("start", tier=TIER, server=settings.server_name, release=settings.release)
        await ended.wait()
        await runner.cleanup()
    await limits.close()
    write_log("stop", tier=TIER, server=settings.server_name)


if __name__ == "__main__":
    take_over_logging()
    asyncio.run(serve(load_or_exit()))
