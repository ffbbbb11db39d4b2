"""The socket on which the stand-ins of `systemctl` and `journalctl` talk to the supervisor.

In comes one JSON line `{"program": ..., "argv": [...]}`; out go lines `{"out": text}`, `{"err": text}` and at
last `{"exit": status}`.
"""

import asyncio
import contextlib
import json
import logging
import os
from pathlib import Path
from typing import Literal

from infra.localcloud.server.supervisor import journalctl
from infra.localcloud.server.supervisor.manager import Manager
from infra.localcloud.server.supervisor.systemctl import Systemctl

log = logging.getLogger(__name__)

LONGEST_REQUEST = 1024 * 1024


class Control:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._systemctl = Systemctl(manager)
        self._server: asyncio.Server | None = None

    async def start(self, path: Path) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108 - one system call on a socket of our own
        self._server = await asyncio.start_unix_server(self._talk, path, limit=LONGEST_REQUEST)

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        def send(**message: object) -> None:
            with contextlib.suppress(ConnectionError):
                writer.write(json.dumps(message).encode() + b"\n")

        def say(stream: Literal["out", "err"], text: str) -> None:
            send(**{stream: text})

        try:
            request = json.loads(await reader.readline())
            argv = [str(word) for word in request["argv"]]
            log.info("%s %s", request["program"], " ".join(argv))
            if request["program"] == "journalctl":
                status = journalctl.run(self._manager, argv, say)
            else:
                status = await self._systemctl.run(argv, say)
        except Exception:
            log.exception("a request failed")
            say("err", "the local supervisor failed at this request; see the server's log\n")
            status = 1
        send(exit=status)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
            writer.close()
