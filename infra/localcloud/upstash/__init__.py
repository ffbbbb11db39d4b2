"""The local Upstash: its Developer API, and a Valkey behind its REST protocol for each Redis database."""

import logging
from collections.abc import Mapping
from pathlib import Path

from infra.localcloud import ports
from infra.localcloud.accounts import UPSTASH
from infra.localcloud.endpoints import Address
from infra.localcloud.process import ProcessStatus
from infra.localcloud.serving import Listener
from infra.localcloud.upstash.api import Api
from infra.localcloud.upstash.engine import Engine
from infra.localcloud.upstash.model import HOST_SUFFIX
from infra.localcloud.upstash.rest import Rest
from infra.localcloud.upstash.store import Store

log = logging.getLogger(__name__)

BACKLOG = 1024


class Upstash:
    """`data` is the local cloud's data folder; Upstash keeps to `upstash/` in it.

    `address` is where its Developer API listens, `rest` where the REST protocol of all databases does.
    """

    def __init__(self, data: Path, address: Address, rest: Address) -> None:
        self.name = "upstash"
        self.address = address
        self._rest = rest
        self._store = Store(data / "upstash" / "store.sqlite")
        self.engine = Engine(data)
        self.app = Api(UPSTASH, self._store, self.engine).app()
        self._listener: Listener | None = None

    def hosts(self) -> Mapping[str, Address]:
        return {f"*.{HOST_SUFFIX}": self._rest}

    async def start(self) -> None:
        bound = ports.listening(self._rest, backlog=BACKLOG)
        self._listener = Listener(Rest(self.engine), bound)
        await self.engine.start(self._store.databases())
        self._listener.start()

    async def stop(self) -> None:
        if self._listener is not None:
            await self._listener.stop()
        await self.engine.stop()
        self._store.close()

    def processes(self) -> list[ProcessStatus]:
        return self.engine.processes()
