"""`python -m tests.bench.broadcast`: a plain broadcast on picows, the floor of tests/bench/realtime.py."""

import asyncio
import socket

from picows import (
    WSFrame,
    WSListener,
    WSMsgType,
    WSTransport,
    WSUpgradeRequest,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
    ws_create_server,
)

HELLO = b"hello"


class Member(WSListener):
    """Sends each message to all others, and does nothing else."""

    def __init__(self, transports: set[WSTransport]) -> None:
        super().__init__()
        self._transports = transports

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._transports.add(transport)
        transport.send(WSMsgType.BINARY, HELLO)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self._transports.discard(transport)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.BINARY:
            message = frame.get_payload_as_bytes()
            for other in self._transports:
                if other is not transport:
                    other.send(WSMsgType.BINARY, message)


async def serve() -> None:
    transports: set[WSTransport] = set()

    def receive(_request: WSUpgradeRequest) -> WSUpgradeResponseWithListener:
        answer = WSUpgradeResponse.create_101_response()
        return WSUpgradeResponseWithListener(answer, Member(transports))

    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listening:
        server = await ws_create_server(receive, sock=listening)
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve())
