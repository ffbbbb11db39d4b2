"""The whole application's description for clients: generated with the manifest, and of the same release."""

from functools import cache
from pathlib import Path

from services.api.handlers.call import Call
from services.api.reply import Reply
from services.api.tools import Tools

_FILE = Path(__file__).parents[2] / "contract" / "openapi.json"


async def openapi(_call: Call, _tools: Tools) -> Reply:
    return Reply(200, {"content-type": "application/json"}, _content())


@cache
def _content() -> bytes:
    return _FILE.read_bytes()
