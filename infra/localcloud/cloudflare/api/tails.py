"""/workers/scripts/{name}/tails: a Worker's requests as they happen, over a WebSocket of the tail's own."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.envelope import ok
from infra.localcloud.cloudflare.errors import ApiError
from infra.localcloud.cloudflare.tails import Message, Tail

PROTOCOL = "trace-v1"
"""The only one that is accepted (workers-sdk, createTail.ts, 2026-11-26)."""


async def create(request: Request) -> Response:
    """Filters are not emulated: every request is told."""
    cloud = cloud_of(request)
    return ok(_shown(request, cloud.tails.open(_worker(cloud, request))))


async def listed(request: Request) -> Response:
    cloud = cloud_of(request)
    return ok([_shown(request, each) for each in cloud.tails.of(_worker(cloud, request))])


async def delete(request: Request) -> Response:
    cloud = cloud_of(request)
    worker = _worker(cloud, request)
    tail = cloud.tails.find(request.path_params["tail"])
    if tail is None or tail.worker != worker:
        # Which code Cloudflare has for it is not documented.
        raise ApiError(404, 10057, "workers.api.error.tail_not_found")
    cloud.tails.close(tail)
    return ok(None)


async def socket(websocket: WebSocket) -> None:
    """One JSON message for each request of the Worker."""
    cloud: Cloud = websocket.app.state.cloud
    tail = cloud.tails.find(websocket.path_params["tail"])
    if tail is None or PROTOCOL not in websocket.scope["subprotocols"]:
        await websocket.close()
        return
    async with cloud.tails.listening(tail) as messages:
        await websocket.accept(PROTOCOL)
        sending = asyncio.create_task(_send(websocket, messages))
        try:
            # The client says what it wants to debug, and goodbye.
            while True:
                await websocket.receive_text()
        except WebSocketDisconnect:
            pass
        finally:
            sending.cancel()
            with contextlib.suppress(asyncio.CancelledError, WebSocketDisconnect):
                await sending


async def _send(websocket: WebSocket, messages: AsyncIterator[Message]) -> None:
    async for message in messages:
        await websocket.send_json(message)
    await websocket.close()


def _worker(cloud: Cloud, request: Request) -> str:
    return str(cloud.store.worker(request.path_params["script"])["name"])


def _shown(request: Request, tail: Tail) -> dict[str, str]:
    return {
        "id": tail.id,
        "url": f"ws://{request.url.netloc}/local/tails/{tail.id}",
        "expires_at": tail.expires.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
