"""The whole slice on real parts: the Worker in workerd, the three services, libsql-server and Valkey."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.services import Keys, Service, environment, service
from tests.support.sqld import Sqld, sqld
from tests.support.upstash import local_upstash
from tests.support.valkey import Valkey, valkey
from tests.support.workerd import Edge, Server, Servers, edge


@dataclass(frozen=True)
class Slice:
    edge: Edge
    database: Sqld
    cache: Valkey
    keys: Keys
    api: Service
    realtime: Service
    jobs: Service


@contextmanager
def whole_slice(
    bundle: Path, folder: Path, *, within: Sequence[str | Path] = (), **variables: str
) -> Iterator[Slice]:
    """Runs until the block ends. `within`: what runs api and jobs (`service`); `variables`: changes."""
    places = {name: folder / name for name in ("database", "cache", "redis", "services", "edge")}
    for place in places.values():
        place.mkdir()
    keys = Keys()
    with (
        sqld(places["database"]) as database,
        valkey(places["cache"]) as cache,
        local_upstash(places["redis"]) as upstash,
    ):
        variables = environment(database, cache, keys, places["services"], **variables)
        with (
            service("api", places["services"], variables, within=within) as api,
            service("realtime", places["services"], variables) as realtime,
            service("jobs", places["services"], variables, within=within) as jobs,
            edge(
                bundle,
                places["edge"],
                database_port=database.port,
                token=database.token,
                servers=Servers([Server("vps-1", api.port, realtime.port)], keys),
                redis=upstash.redis(),
            ) as worker,
        ):
            yield Slice(worker, database, cache, keys, api, realtime, jobs)
