"""Messages of SUBSCRIBE and lines of MONITOR as server-sent events, as Upstash writes them."""

import json
from collections.abc import AsyncIterator

from infra.localcloud.upstash.resp import Connection, LostError, Reply


async def events(connection: Connection, first: Reply) -> AsyncIterator[bytes]:
    """`data: message,chat,hello` for each message, `data: <line>` for each line; ends with the connection."""
    try:
        reply = first
        while True:
            yield b"data: " + _line(reply) + b"\n\n"
            reply = await connection.receive()
    except (LostError, OSError):
        return
    finally:
        connection.close()


def _line(reply: Reply) -> bytes:
    if isinstance(reply, list):
        return b",".join(each if isinstance(each, bytes) else str(each).encode() for each in reply)
    return json.dumps("OK").encode() if reply == b"OK" else bytes(reply)
