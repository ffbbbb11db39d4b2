"""The local Turso: its Platform API over one libsql-server."""

from collections.abc import Mapping
from pathlib import Path

from infra.localcloud.accounts import TURSO
from infra.localcloud.endpoints import Address, Endpoints
from infra.localcloud.process import ProcessStatus
from infra.localcloud.turso.api import Api
from infra.localcloud.turso.engine import Engine
from infra.localcloud.turso.model import HOST_SUFFIX
from infra.localcloud.turso.store import Store


class Turso:
    """`data` is the local cloud's data folder; Turso keeps to `turso/` in it."""

    def __init__(self, data: Path, endpoints: Endpoints) -> None:
        self.name = "turso"
        self.address = endpoints.turso_api
        self._databases = endpoints.databases
        self._store = Store(data / "turso" / "store.sqlite")
        self.engine = Engine(data, endpoints.databases)
        self.app = Api(TURSO, self._store, self.engine).app()

    def hosts(self) -> Mapping[str, Address]:
        return {f"*.{HOST_SUFFIX}": self._databases}

    async def start(self) -> None:
        await self.engine.start(self._store.databases())

    async def stop(self) -> None:
        await self.engine.stop()
        self._store.close()

    def processes(self) -> list[ProcessStatus]:
        return self.engine.processes()
