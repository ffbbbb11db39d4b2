"""What people need to write in a note together, all of it real, and all of it can be killed."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext

from services.common.ids import new_id
from tests.support.cloud import free_ports
from tests.support.page import SIGNED_IN
from tests.support.services import Keys, Service, environment, service
from tests.support.sqld import Sqld, sqld
from tests.support.upstash import local_upstash
from tests.support.valkey import Valkey, valkey
from tests.support.workerd import Edge, Server, Servers, edge


@dataclass
class Harbour:
    edge: Edge
    database: Sqld
    cache: Valkey
    keys: Keys
    folder: Path
    variables: dict[str, str]
    realtime: Service | None = None
    life: ExitStack = field(default_factory=ExitStack)
    """Of the realtime service."""
    api: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        self.realtime = self.life.enter_context(service("realtime", self.folder, self.variables))

    def kill(self) -> None:
        """SIGKILL."""
        self.life.close()

    def stop(self) -> None:
        """As a deployment does: to the end of all that is under way."""
        assert self.realtime is not None
        self.realtime.process.send_signal(signal.SIGTERM)
        assert self.realtime.process.wait(30) == 0
        self.life.close()

    @contextmanager
    def rebooting(self) -> Iterator[None]:
        """The machine with all that runs on it is off as long as the block lasts."""
        self.kill()
        self.api.close()
        with self.database.down(), self.cache.down():
            yield
        self.start_api()
        self.start()

    def start_api(self) -> None:
        self.api.enter_context(service("api", self.folder, self.variables))

    def person(self, browser: Browser, name: str) -> BrowserContext:
        """A browser profile of somebody who has signed up."""
        context = browser.new_context(viewport={"width": 1000, "height": 700}, locale="en-GB")
        context.set_default_timeout(20_000)
        account = {"email": f"{new_id()}@harbour.example", "name": name, "password": "correct horse"}
        answer = context.request.post(f"{self.edge.url}/api/sign-up", data=account)
        assert answer.ok, answer.text()
        context.add_init_script(SIGNED_IN)
        return context


@contextmanager
def harbour(bundle: Path, folder: Path) -> Iterator[Harbour]:
    """Runs until the block ends."""
    places = {name: folder / name for name in ("database", "cache", "redis", "services", "edge")}
    for place in places.values():
        place.mkdir()
    keys, ports = Keys(), free_ports(2)
    with (
        sqld(places["database"]) as database,
        valkey(places["cache"]) as cache,
        local_upstash(places["redis"]) as upstash,
        edge(
            bundle,
            places["edge"],
            database_port=database.port,
            token=database.token,
            servers=Servers([Server("vps-1", *ports)], keys),
            redis=upstash.redis(),
        ) as worker,
    ):
        names = ("API_LISTEN", "REALTIME_LISTEN")
        places_of = dict(zip(names, (f"127.0.0.1:{port}" for port in ports), strict=True))
        variables = environment(database, cache, keys, places["services"], **places_of)
        running = Harbour(worker, database, cache, keys, places["services"], variables)
        running.start_api()
        running.start()
        try:
            yield running
        finally:
            running.kill()
            running.api.close()
