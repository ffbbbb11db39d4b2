"""The local servers: for each declared VPS an SSH host whose user's systemd units really run.

Each is a process of its own below the daemon, so that encryption and supervision don't share a loop with the
control planes, and a fault or a SIGKILL of one server restarts that server alone. What a server leaves behind
in any end of its processes is dealt with by its warden.
"""

import asyncio
import contextlib
import json
import sys
import time
from pathlib import Path
from typing import Any

from infra.localcloud.endpoints import Address, Endpoints, ServerAddress
from infra.localcloud.orphans import write_private
from infra.localcloud.process import Process, ProcessStatus
from infra.localcloud.server.layout import Layout
from infra.paths import ROOT

BOOT_SECONDS = 20.0
"""How long a start waits for the enabled units; they go on starting after it."""
STOP_SECONDS = 15.0
POLL_SECONDS = 0.02


class Servers:
    """All declared servers; started once the vendors serve, since their services use these."""

    def __init__(self, data: Path, endpoints: Endpoints) -> None:
        self._servers = [
            Server(data.resolve(), declared, endpoints.cloudflare_api) for declared in endpoints.servers
        ]

    async def start(self) -> None:
        """Raises ProcessFailed for a server that does not come up."""
        async with asyncio.TaskGroup() as group:
            for server in self._servers:
                group.create_task(server.start())

    async def stop(self) -> None:
        await asyncio.gather(*(server.stop() for server in self._servers))

    def processes(self) -> list[ProcessStatus]:
        return [status for server in self._servers for status in server.processes()]


class Server:
    def __init__(self, data: Path, declared: ServerAddress, cloudflare: Address) -> None:
        self._layout = Layout(data, declared.name, declared.user)
        self._cloudflare = cloudflare
        argv = [sys.executable, "-m", "infra.localcloud.server.host"]
        argv += ["--data", str(data), "--name", declared.name, "--user", declared.user]
        argv += ["--listen", str(declared.ssh)]
        self._process = Process(
            declared.name,
            argv,
            directory=data,
            env={"PYTHONPATH": str(ROOT)},
            ready=self._ready,
            address=str(declared.ssh),
        )

    async def start(self) -> None:
        write_private(self._layout.cloudflare, json.dumps({"url": self._cloudflare.url}))
        self._layout.status.unlink(missing_ok=True)
        await self._process.start()
        deadline = time.monotonic() + BOOT_SECONDS
        while not self._told().get("booted") and time.monotonic() < deadline:  # noqa: ASYNC110 - another process
            await asyncio.sleep(POLL_SECONDS)

    async def stop(self) -> None:
        await self._process.stop(grace=STOP_SECONDS)

    def processes(self) -> list[ProcessStatus]:
        """The server itself as `<name> ssh`, then its units."""
        own = self._process.status()
        units = self._told().get("units", []) if own.since else []
        ssh = ProcessStatus(f"{own.name} ssh", own.pid, own.since, own.restarts, own.address)
        return [ssh, *(ProcessStatus(**unit, address=None) for unit in units)]

    def _told(self) -> dict[str, Any]:
        """What the supervisor last wrote; nothing if it hasn't."""
        with contextlib.suppress(FileNotFoundError):
            told: dict[str, Any] = json.loads(self._layout.status.read_text())
            return told
        return {}

    async def _ready(self) -> bool:
        """True once the manager answers, which it does after SSH listens."""
        reader, writer = await asyncio.open_unix_connection(self._layout.control)
        try:
            writer.write(b'{"program": "systemctl", "argv": ["--user", "list-units"]}\n')
            return b"out" in await reader.readline()
        finally:
            writer.close()
