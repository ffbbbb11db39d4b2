"""Upstash's data plane: a Valkey for each database, found by the first label of its endpoint."""

import asyncio
import random
import shutil
from collections.abc import Collection, Sequence
from pathlib import Path

from infra.localcloud import ports
from infra.localcloud.endpoints import Address
from infra.localcloud.process import ProcessStatus
from infra.localcloud.upstash.model import Database
from infra.localcloud.upstash.valkey import Valkey

FIRST_PORTS = range(12_000, 20_000)
"""Below the ephemeral ports: no outgoing connection takes a database's port while the cloud is down."""


class Engine:
    """`data` is the local cloud's data folder; databases keep to `upstash/databases/<id>` in it."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self._folder = data / "upstash" / "databases"
        self._running: dict[str, Valkey] = {}

    async def start(self, databases: Sequence[Database]) -> None:
        """Start a Valkey for each of `databases`, and delete the data of all others."""
        for id_ in self._stored() - {database.id for database in databases}:
            shutil.rmtree(self._folder / id_)
        async with asyncio.TaskGroup() as group:
            for database in databases:
                group.create_task(self.ensure(database))

    async def stop(self) -> None:
        await asyncio.gather(*(valkey.stop() for valkey in self._running.values()))

    def processes(self) -> list[ProcessStatus]:
        return [valkey.status() for valkey in self._running.values()]

    async def ensure(self, database: Database) -> None:
        """Start the database's Valkey unless it runs, else give it the database's present settings."""
        running = self._running.get(database.id)
        if running is not None:
            await running.apply(database)
            return
        valkey = Valkey(self._data, self._folder / database.id, database)
        await valkey.start()
        self._running[database.id] = valkey

    async def delete(self, id_: str) -> None:
        """Stop a database's Valkey and delete its data; one that doesn't exist is no error."""
        valkey = self._running.pop(id_, None)
        if valkey is not None:
            await valkey.stop()
        shutil.rmtree(self._folder / id_, ignore_errors=True)

    def find(self, host: str) -> Valkey | None:
        """The database of a Host header: `cache-1a2b3c.upstash.localhost:8705`."""
        label = host.partition(".")[0].lower()
        return next((each for each in self._running.values() if each.database.label == label), None)

    def choose_port(self, taken: Collection[int]) -> int:
        """A loopback port that nobody listens on now."""
        candidates = random.SystemRandom().sample(FIRST_PORTS, len(FIRST_PORTS))
        return next(port for port in candidates if port not in taken and _free(port))

    def _stored(self) -> set[str]:
        return {entry.name for entry in self._folder.iterdir()} if self._folder.is_dir() else set()


def _free(port: int) -> bool:
    try:
        ports.listening(Address("127.0.0.1", port), backlog=1).close()
    except OSError:
        return False
    return True
