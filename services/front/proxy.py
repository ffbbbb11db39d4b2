"""Hands a request on to the api, and a WebSocket to the realtime service; answers and frames stream back."""

import asyncio
from typing import Any

import aiohttp
from aiohttp import WSMsgType, web
from multidict import CIMultiDict

from services.common.problem import Problem
from services.front.compression import compress
from services.front.contract import returned
from services.front.upstream import Asked, Upstream

MOST_MESSAGE_BYTES = 32 * 1024 * 1024
"""As Cloudflare lets through (facts of 2026-11-23); the service has a smaller limit of its own."""

_GOODBYE_SECONDS = 2.0


async def forward(request: web.Request, asked: Asked, api: Upstream) -> web.StreamResponse:
    """The api's answer. Raises UpstreamFailure."""
    body = request.content if request.body_exists else None
    async with await api.ask(asked, body) as answer:
        response = web.StreamResponse(status=answer.status, headers=returned(CIMultiDict(answer.headers)))
        compress(request, response)
        await response.prepare(request)
        async for chunk in answer.content.iter_any():
            await response.write(chunk)
        await response.write_eof()
        return response


class Sockets:
    """The WebSockets that pass through now."""

    def __init__(self) -> None:
        self._open: set[web.WebSocketResponse] = set()

    async def connect(self, request: web.Request, asked: Asked, realtime: Upstream) -> web.WebSocketResponse:
        """A WebSocket until either side ends it. Raises UpstreamFailure, and Problem where it is refused."""
        try:
            service = await realtime.connect(asked, MOST_MESSAGE_BYTES)
        except aiohttp.WSServerHandshakeError as refusal:
            retry = {
                name: value
                for name, value in (refusal.headers or {}).items()
                if name.lower() == "retry-after"
            }
            raise Problem(refusal.status, "The connection was refused.", retry) from None
        async with service:
            person = web.WebSocketResponse(max_msg_size=MOST_MESSAGE_BYTES, timeout=_GOODBYE_SECONDS)
            person.headers["x-served-by"] = "realtime"
            await person.prepare(request)
            self._open.add(person)
            try:
                await _pass_both_ways(person, service)
            finally:
                self._open.discard(person)
        return person

    async def end(self, _app: web.Application) -> None:
        """Tells everybody to come back."""
        goodbyes = [
            person.close(code=aiohttp.WSCloseCode.SERVICE_RESTART, message=b"the service restarts")
            for person in self._open
        ]
        await asyncio.gather(*goodbyes, return_exceptions=True)


async def _pass_both_ways(person: web.WebSocketResponse, service: aiohttp.ClientWebSocketResponse) -> None:
    """Each side is told how the other one ended."""
    passing = [asyncio.create_task(_pass(*each)) for each in ((person, service), (service, person))]
    try:
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)


async def _pass(source: Any, target: Any) -> None:
    """Frames of one direction, then its end. Both sides have the same methods, and no common type."""
    async for message in source:
        match message.type:
            case WSMsgType.TEXT:
                await target.send_str(message.data)
            case WSMsgType.BINARY:
                await target.send_bytes(message.data)
    await target.close(code=source.close_code or aiohttp.WSCloseCode.GOING_AWAY)
