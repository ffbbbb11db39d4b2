"""Both front doors, the Worker and the server's front, before one api behind a gate."""

import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.support.gate import Gate
from tests.support.services import Keys, service
from tests.support.sqld import sqld
from tests.support.upstash import local_upstash
from tests.support.valkey import valkey
from tests.support.workerd import build
from tests.unit.edge.stack import Stack, stack

ORIGIN = "http://localhost"
"""Of the page: the public URL of these doors."""


@dataclass(frozen=True)
class Door:
    """What the public reaches; `gate` is between it and the api."""

    url: str
    behind: Stack

    @property
    def gate(self) -> Gate:
        return self.behind.api_gate

    @property
    def keys(self) -> Keys:
        return self.behind.keys

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"cookie": f"session={token}"}
        return httpx.Client(base_url=self.url, timeout=20, headers=headers, trust_env=False)

    def token(self, user: str = "ada", **claims: Any) -> str:
        return self.behind.token(user, **claims)

    def send(self, request: str) -> bytes:
        """What is answered to these bytes, whose last request asks for the connection's end."""
        host, port = self.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=20) as connection:
            connection.sendall(request.encode("latin-1"))
            parts = []
            try:
                while part := connection.recv(65536):
                    parts.append(part)
            except ConnectionResetError:
                pass  # refused in the middle of what was sent
            return b"".join(parts)


@pytest.fixture(scope="session")
def doors(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Door]]:
    def folder(name: str) -> Any:
        return tmp_path_factory.mktemp(name)

    with (
        sqld(folder("database")) as database,
        valkey(folder("cache")) as cache,
        local_upstash(folder("redis")) as upstash,
        stack(build(folder("bundle")), folder("servers"), database, cache, upstash.redis()) as behind,
    ):
        places = {
            "API_LISTEN": f"127.0.0.1:{behind.api_gate.port}",
            "REALTIME_LISTEN": f"127.0.0.1:{behind.realtime.port}",
        }
        with service("front", folder("front"), {**behind.variables, **places}) as front:
            yield {"edge": Door(behind.worker.url, behind), "front": Door(front.url, behind)}


@pytest.fixture(params=["edge", "front"])
def door(doors: dict[str, Door], request: pytest.FixtureRequest) -> Door:
    return doors[request.param]
