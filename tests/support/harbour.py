"""What people need to write in a note together, all of it real, and all of it can be killed."""

import signal
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page

from services.common.ids import new_id
from tests.support.cloud import free_ports
from tests.support.services import Keys, Service, environment, service
from tests.support.sessions import begin_session, token
from tests.support.sqld import Sqld, sqld
from tests.support.upstash import local_upstash
from tests.support.valkey import Valkey, valkey
from tests.support.workerd import Edge, Server, Servers, edge

SIGNED_IN = "localStorage.setItem('signed-in-until', String(Date.now() + 600_000))"


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
        with self.database.down(), self.cache.down():
            yield
        self.start()

    def person(self, browser: Browser, name: str) -> Page:
        """A page of its own browser profile, signed in."""
        context = browser.new_context(viewport={"width": 1000, "height": 700}, locale="en-GB")
        context.set_default_timeout(20_000)
        value = token(self.keys.session, user=new_id(), name=name)
        context.add_cookies([{"name": "session", "value": value, "url": self.edge.url}])
        context.add_init_script(SIGNED_IN)
        return context.new_page()


@contextmanager
def harbour(bundle: Path, folder: Path) -> Iterator[Harbour]:
    """Runs until the block ends."""
    places = {name: folder / name for name in ("database", "cache", "redis", "services", "edge")}
    for place in places.values():
        place.mkdir()
    keys, [port] = Keys(), free_ports(1)
    with (
        sqld(places["database"]) as database,
        valkey(places["cache"]) as cache,
        local_upstash(places["redis"]) as upstash,
        edge(
            bundle,
            places["edge"],
            database_port=database.port,
            token=database.token,
            servers=Servers([Server("vps-1", None, port)], keys.edge, keys.session),
            redis=upstash.redis(),
        ) as worker,
    ):
        begin_session(database)
        variables = environment(database, cache, keys, places["services"], REALTIME_PORT=str(port))
        running = Harbour(worker, database, cache, keys, places["services"], variables)
        running.start()
        try:
            yield running
        finally:
            running.kill()
