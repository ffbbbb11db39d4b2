"""The realtime service as a real process before a real Valkey and libsql-server, and WebSocket clients."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

from services.common.identity import Identity
from tests.support.services import FrontDoor, Keys, Service, environment, service
from tests.support.sqld import Sqld, sqld
from tests.support.valkey import Valkey, valkey

TARGET = "/api/realtime"


@dataclass(frozen=True)
class Realtime:
    """The process, and the way in."""

    door: FrontDoor
    database: Sqld
    cache: Valkey
    variables: dict[str, str]
    folder: Path

    @property
    def service(self) -> Service:
        return self.door.service

    @contextmanager
    def opened(self, who: Identity, target: str = TARGET, **options: Any) -> Iterator[ClientConnection]:
        """A connection as the edge opens one."""
        headers = self.door.headers("GET", target, who)
        url = f"ws://127.0.0.1:{self.service.port}{target}"
        with connect(url, additional_headers=headers, proxy=None, compression=None, **options) as socket:
            yield socket

    @contextmanager
    def another(self, **changes: str) -> Iterator["Realtime"]:
        """A further process of the same stack."""
        with service("realtime", self.folder, {**self.variables, **changes}) as process:
            yield replace(self, door=FrontDoor(process, self.door.key))

    @contextmanager
    def limited(self, **limits: float) -> Iterator["Realtime"]:
        """A further process, with other limits."""
        variables = {**self.variables, "LIMITS": json.dumps(limits)}
        module = "tests.support.limited_realtime"
        with service("realtime", self.folder, variables, module) as process:
            yield replace(self, door=FrontDoor(process, self.door.key))

    def publish(self, channel: str, event: str) -> None:
        with self.cache.client() as redis:
            redis.publish(channel, event)

    def row(self, note: str) -> tuple[str | None, str | None]:
        """What the note's row says: title and body."""
        [[title, body]] = self.database.execute(
            "select title, body from notes where id = :note", {"note": note}
        )
        return title, body


@contextmanager
def realtime_service(folder: Path) -> Iterator[Realtime]:
    """With a database and a Redis of its own, all in `folder`."""
    keys = Keys()
    for part in ("database", "cache"):
        (folder / part).mkdir()
    with valkey(folder / "cache") as cache, sqld(folder / "database") as database:
        variables = environment(database, cache, keys, folder)
        with service("realtime", folder, variables) as process:
            yield Realtime(FrontDoor(process, keys.edge), database, cache, variables, folder)
