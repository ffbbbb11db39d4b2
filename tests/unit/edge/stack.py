"""The Worker before a server: a real api behind a gate, a real realtime service, and the tokens of people."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import jwt

from services.common.ids import new_id
from tests.support.gate import Gate
from tests.support.services import Keys, Service, environment, service
from tests.support.sqld import Sqld
from tests.support.valkey import Valkey
from tests.support.workerd import Edge, Server, Servers, edge


@dataclass(frozen=True)
class Stack:
    """`api_gate` is between the edge and the first server's api."""

    worker: Edge
    keys: Keys
    api: Service
    realtime: Service
    api_gate: Gate
    cache: Valkey

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"cookie": f"session={token}"}
        return httpx.Client(base_url=self.worker.url, timeout=20, headers=headers, trust_env=False)

    def token(self, user: str = "ada", name: object = "Ada Harbour", **claims: object) -> str:
        """Of a valid session, but for what `claims` change."""
        now = int(time.time())
        every = {"sub": user, "name": name, "iat": now, "exp": now + 600, **claims}
        return jwt.encode(every, self.keys.session, algorithm="HS256")


def new_user() -> str:
    return new_id()


@contextmanager
def stack(bundle: Path, folder: Path, database: Sqld, cache: Valkey) -> Iterator[Stack]:
    """One server, whose api stands behind a gate."""
    keys = Keys()
    variables = environment(database, cache, keys, folder)
    with (
        service("api", folder, variables) as api,
        service("realtime", folder, variables) as realtime,
        Gate(api.port).opened() as gate,
        edge(
            bundle,
            folder,
            database_port=database.port,
            token=database.token,
            servers=Servers([Server("vps-1", gate.port, realtime.port)], keys.edge, keys.session),
        ) as worker,
    ):
        yield Stack(worker, keys, api, realtime, gate, cache)
