"""The Worker before a server: a real api behind a gate, a real realtime service, and the tokens of people."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from services.common.ids import new_id
from tests.support.gate import Gate
from tests.support.services import Keys, Service, environment, service
from tests.support.sessions import begin_session, token
from tests.support.sqld import Sqld
from tests.support.valkey import Valkey
from tests.support.workerd import Edge, Redis, Server, Servers, edge


@dataclass(frozen=True)
class Stack:
    """`api_gate` is between the edge and the first server's api."""

    worker: Edge
    keys: Keys
    api: Service
    realtime: Service
    api_gate: Gate
    cache: Valkey
    variables: Mapping[str, str]
    """The environment of its services."""
    folder: Path

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"cookie": f"session={token}"}
        return httpx.Client(base_url=self.worker.url, timeout=20, headers=headers, trust_env=False)

    def token(self, user: str = "ada", name: object = "Ada Harbour", **claims: Any) -> str:
        return token(self.keys.session, user, name, **claims)


def new_user() -> str:
    return new_id()


@contextmanager
def stack(bundle: Path, folder: Path, database: Sqld, cache: Valkey, redis: Redis) -> Iterator[Stack]:
    """One server, whose api stands behind a gate."""
    keys = Keys()
    begin_session(database)
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
            servers=Servers([Server("vps-1", gate.port, realtime.port)], keys),
            redis=redis,
        ) as worker,
    ):
        yield Stack(worker, keys, api, realtime, gate, cache, variables, folder)
