"""The front as a real process, before a real api and a real realtime service behind gates."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.components.bundle import build_web
from tests.support.gate import Gate
from tests.support.services import Keys, Service, environment, service
from tests.support.sessions import begin_session, token
from tests.support.sqld import sqld
from tests.support.valkey import Valkey, valkey

PUBLIC_URL = "http://app.localhost"


@dataclass(frozen=True)
class Front:
    """The process, what is behind it, and the tokens of people."""

    process: Service
    api: Gate
    realtime: Service
    keys: Keys
    cache: Valkey
    pages: Path

    def token(self, user: str = "ada", **claims: Any) -> str:
        return token(self.keys.session, user, **claims)

    def client(self, token: str | None = None) -> httpx.Client:
        headers = {} if token is None else {"cookie": f"session={token}"}
        return httpx.Client(base_url=self.process.url, timeout=20, headers=headers, trust_env=False)


@pytest.fixture(scope="session")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    keys, folder = Keys(), tmp_path_factory.mktemp("front")
    pages = build_web(folder / "pages")
    with (
        sqld(tmp_path_factory.mktemp("database")) as database,
        valkey(tmp_path_factory.mktemp("cache")) as cache,
    ):
        begin_session(database)
        variables = environment(database, cache, keys, folder, public_url=PUBLIC_URL)
        with (
            service("api", folder, variables) as api,
            service("realtime", folder, variables) as realtime,
            Gate(api.port).opened() as gate,
        ):
            places = {
                "API_LISTEN": f"127.0.0.1:{gate.port}",
                "REALTIME_LISTEN": f"127.0.0.1:{realtime.port}",
                "PAGES_FOLDER": str(pages),
            }
            with service("front", folder, {**variables, **places}) as process:
                yield Front(process, gate, realtime, keys, cache, pages)
