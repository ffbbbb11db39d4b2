"""Both tiers in their real runtimes, over one manifest and one database."""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Literal
from urllib.parse import urlsplit

from infra.manifest.compile import Compiled, compile_routes
from infra.manifest.model import Manifest, Placement, RunSql
from infra.manifest.statements import Schema
from infra.paths import SCHEMA
from infra.routes.catalog import ROUTES, collected
from infra.routes.route import Route
from services.common.identity import Identity
from tests.support.services import FrontDoor, Keys, Service, environment, service
from tests.support.sqld import Sqld, sqld, statements_of
from tests.support.valkey import valkey
from tests.support.workerd import Edge, Server, Servers, build, edge

OWN_SCHEMA = Path(__file__).with_name("schema.sql")

Tier = Literal["edge", "server"]
Asked = Tier | Literal["api"]


@dataclass(frozen=True)
class Answer:
    """What came back: `headers` in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Tiers:
    """Two Workers of one manifest: every SQL route on the edge, and every one on the server."""

    edge: Edge
    server: Edge
    api: Service
    database: Sqld
    keys: Keys
    variables: Mapping[str, str]
    """The api's environment."""

    def ask(
        self,
        asked: Asked,
        method: str,
        target: str,
        headers: list[tuple[str, str]],
        body: bytes | None = None,
    ) -> Answer:
        """The request as it stands: nothing is encoded, joined or added but Host and the body's length."""
        url = {"edge": self.edge.url, "server": self.server.url, "api": self.api.url}[asked]
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1"))
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, _body(response))
        finally:
            connection.close()

    def vouched(self, method: str, target: str, who: Identity | None) -> list[tuple[str, str]]:
        """The headers with which the edge hands a request on to the api."""
        return [*FrontDoor(self.api, self.keys.edge).headers(method, target, who).items()]


def _body(response: http.client.HTTPResponse) -> bytes:
    """All of it; of a stream of notifications its start, which ends with how many are unread."""
    if response.getheader("content-type") != "text/event-stream":
        return response.read()
    lines = [response.readline()]
    while lines[-1] and not lines[-1].startswith(b'data: {"count":'):
        lines.append(response.readline())
    return b"".join(lines)


def compiled(module: ModuleType | None = None, routes: Mapping[str, Route] = ROUTES) -> Compiled:
    """The application's routes, and those of `module` beside them."""
    sql = [text for file in sorted(SCHEMA.glob("*.sql")) for text in statements_of(file.read_text("utf-8"))]
    schema = Schema([*sql, *statements_of(OWN_SCHEMA.read_text("utf-8"))])
    return compile_routes({**routes, **(collected([module]) if module else {})}, schema)


def plain(manifest: Manifest) -> Manifest:
    """Without what only the edge does, whichever tier answers: its cache and its rate limits."""
    routes = (route.model_copy(update={"cache": None, "rate_limits": ()}) for route in manifest.routes)
    return manifest.model_copy(update={"routes": tuple(routes)})


def all_on(tier: Tier, made: Compiled) -> Placement:
    """Every SQL route on one tier; what only one tier can do stays there."""
    movable = {route.name for route in made.manifest.routes if isinstance(route.run, RunSql)}
    routes = {
        name: placed.model_copy(
            update={"tier": tier, "rollout": 100 if tier == "edge" else 0, "shadow": False, "fallback": False}
        )
        if name in movable
        else placed
        for name, placed in made.placement.routes.items()
    }
    return made.placement.model_copy(update={"routes": routes})


@contextmanager
def both_tiers(made: Compiled, folder: Path) -> Iterator[Tiers]:
    """Runs until the block ends."""
    places = {name: folder / name for name in ("database", "cache", "services", "edge", "server")}
    for place in places.values():
        place.mkdir()
    manifest = folder / "manifest.json"
    manifest.write_text(plain(made.manifest).model_dump_json(by_alias=True), "utf-8")
    keys = Keys()
    with ExitStack() as stack:
        database = stack.enter_context(sqld(places["database"]))
        for statement in statements_of(OWN_SCHEMA.read_text("utf-8")):
            database.execute(statement)
        cache = stack.enter_context(valkey(places["cache"]))
        variables = environment(database, cache, keys, places["services"], MANIFEST_FILE=str(manifest))
        api = stack.enter_context(service("api", places["services"], variables))
        workers = []
        for tier in ("edge", "server"):
            placement = folder / f"{tier}.json"
            placement.write_text(all_on(tier, made).model_dump_json(by_alias=True), "utf-8")
            worker = edge(
                build(places[tier], manifest=manifest, placement=placement),
                places[tier],
                database_port=database.port,
                token=database.token,
                servers=Servers([Server("vps-1", api.port)], keys),
            )
            workers.append(stack.enter_context(worker))
        yield Tiers(workers[0], workers[1], api, database, keys, variables)
