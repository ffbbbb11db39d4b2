"""The connections to the services of the same release."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp

from services.common.listening import Listen
from services.settings import FrontSettings

KEEP_ALIVE_SECONDS = 5.0
"""Shorter than the services keep an idle connection, so that none is used as it is closed."""


@dataclass(frozen=True)
class Connections:
    api: aiohttp.ClientSession
    realtime: aiohttp.ClientSession


@asynccontextmanager
async def connections(settings: FrontSettings) -> AsyncIterator[Connections]:
    async with _session(settings.api_listen) as api, _session(settings.realtime_listen) as realtime:
        yield Connections(api, realtime)


def _session(listen: Listen) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(
        connector=_connector(listen),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        timeout=aiohttp.ClientTimeout(total=None),
        skip_auto_headers=("accept", "accept-encoding", "content-type", "user-agent"),
    )


def _connector(listen: Listen) -> aiohttp.BaseConnector:
    if listen.path is not None:
        return aiohttp.UnixConnector(str(listen.path), limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
    return aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_SECONDS)
