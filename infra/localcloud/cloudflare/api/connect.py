"""`POST /local/tunnels/connect {"token", "server"}`: a connector of a tunnel, while it reads the answer.

The token is the tunnel's, as `GET .../cfd_tunnel/{id}/token` gives it; `server` names the connector in the
log. The answer is JSON lines: `{"registered": <connector id>}` once the edge sends requests into the tunnel,
then `{"heartbeat": <seconds since the epoch>}` each second. Its end means: connect again.
"""

import asyncio
import json
import logging
import time
from typing import Annotated

from pydantic import BaseModel, StringConstraints
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from infra.localcloud.cloudflare import tunnels
from infra.localcloud.cloudflare.cloud import Cloud, cloud_of
from infra.localcloud.cloudflare.connectors import Connector
from infra.localcloud.cloudflare.envelope import body
from infra.localcloud.cloudflare.errors import ApiError

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 1.0


class Connect(BaseModel):
    token: str
    server: Annotated[str, StringConstraints(pattern=r"^[a-zA-Z0-9][a-zA-Z0-9._-]{0,62}$")]


async def connect(request: Request) -> Response:
    """Raises 401 for a token that is no live tunnel's."""
    cloud, asked = cloud_of(request), await body(request, Connect)
    tunnel = tunnels.tunnel_of(cloud.store, cloud.account.account_id, asked.token)
    if tunnel is None:
        raise ApiError(401, 10000, "Unauthorized: the token is not that of a tunnel")
    config = cloud.store.get("tunnel_config", tunnel["id"])
    return _Stream(cloud, Connector(tunnel["id"], asked.server, config["version"] if config else 0))


class _Stream(Response):
    """Joins before its first line, leaves when its reader or its connector goes."""

    def __init__(self, cloud: Cloud, connector: Connector) -> None:
        super().__init__(media_type="application/x-ndjson", headers={"cache-control": "no-store"})
        del self.headers["content-length"]
        self._cloud, self._connector = cloud, connector

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ends = [
            asyncio.create_task(_reader_gone(receive)),
            asyncio.create_task(_closed(self._connector)),
        ]
        try:
            await self._join()
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            await _line(send, {"registered": self._connector.id})
            while not await _any(ends, HEARTBEAT_SECONDS):
                await _line(send, {"heartbeat": int(time.time())})
            await send({"type": "http.response.body", "body": b""})
        finally:
            for end in ends:
                end.cancel()
            await asyncio.shield(self._leave())

    async def _join(self) -> None:
        cloud, connector = self._cloud, self._connector
        if not cloud.connectors.of(connector.tunnel_id):
            tunnels.active(cloud.store, connector.tunnel_id)
        cloud.connectors.join(connector)
        await cloud.apply()
        log.info("tunnel %s: connector %s of %s joined", connector.tunnel_id, connector.id, connector.server)

    async def _leave(self) -> None:
        cloud, connector = self._cloud, self._connector
        cloud.connectors.leave(connector)
        log.info("tunnel %s: connector %s of %s left", connector.tunnel_id, connector.id, connector.server)
        if not cloud.connectors.of(connector.tunnel_id):
            tunnels.inactive(cloud.store, connector.tunnel_id)
            await cloud.apply()


async def _reader_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _closed(connector: Connector) -> None:
    await connector.closed.wait()


async def _any(tasks: list[asyncio.Task[None]], seconds: float) -> bool:
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)


async def _line(send: Send, document: dict[str, object]) -> None:
    text = json.dumps(document, separators=(",", ":")) + "\n"
    await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
