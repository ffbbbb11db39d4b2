"""The Worker with both ways to the database, its own and the server's, behind gates, and people who ask."""

import dataclasses
import json
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support.gate import Gate
from tests.support.notes import insert_notes, insert_workspace
from tests.support.services import Keys, environment, service
from tests.support.sessions import token
from tests.support.sqld import Sqld
from tests.support.valkey import Valkey
from tests.support.workerd import Edge, Redis, Server, Servers, edge

SWITCHES = "shoreline:switches"
COUNTS = "shoreline:shadow:counts"
EFFECTIVE_SECONDS = 5.0


@dataclass(frozen=True)
class Moving:
    """`edge_way` and `server_way` are the tiers' ways to the database, `server` is the way to the api."""

    worker: Edge
    keys: Keys
    database: Sqld
    redis: Redis
    edge_way: Gate
    server_way: Gate
    server: Gate
    workspace: str
    note: str

    @property
    def path(self) -> str:
        """A note: never cached, read by members."""
        return f"/api/workspaces/{self.workspace}/notes/{self.note}"

    def client(self, user: str) -> httpx.Client:
        """Of somebody from an address of their own, so that no limit is reached."""
        cookie = token(self.keys.session, user, ws={self.workspace: "editor"})
        headers = {
            "cookie": f"session={cookie}",
            "cf-connecting-ip": f"2001:db8:{uuid.uuid4().hex[:4]}:{user[-4:]}::1",
        }
        return httpx.Client(base_url=self.worker.url, timeout=30, headers=headers, trust_env=False)

    def command(self, *words: str | int) -> Any:
        answer = httpx.post(
            f"http://127.0.0.1:{self.redis.port}/",
            json=list(words),
            headers={"host": self.redis.host, "authorization": f"Bearer {self.redis.token}"},
            trust_env=False,
        )
        return answer.raise_for_status().json()["result"]

    @contextmanager
    def switched(self, route: str, **setting: float) -> Iterator[None]:
        """Sets the route's switch, and clears it at the end."""
        self.command("HSET", SWITCHES, route, json.dumps(setting))
        try:
            yield
        finally:
            self.command("HDEL", SWITCHES, route)

    def counts(self) -> dict[str, int]:
        flat = self.command("HGETALL", COUNTS)
        return {name: int(count) for name, count in zip(flat[::2], flat[1::2], strict=True)}

    def samples(self, route: str) -> list[dict[str, Any]]:
        return [
            json.loads(text) for text in self.command("LRANGE", f"shoreline:shadow:samples:{route}", 0, -1)
        ]


@contextmanager
def moving(bundle: Path, folder: Path, database: Sqld, cache: Valkey, redis: Redis) -> Iterator[Moving]:
    keys, workspace = Keys(), f"w-{uuid.uuid4().hex[:12]}"
    [note] = insert_notes(database, workspace, 1, title="Ada's diary", open=False)
    insert_workspace(database, workspace, {"ada": "editor"}, open=False)
    with Gate(database.port).opened() as edge_way, Gate(database.port).opened() as server_way:
        reached = dataclasses.replace(database, port=server_way.port)
        with (
            service("api", folder, environment(reached, cache, keys, folder)) as api,
            Gate(api.port).opened() as server,
            edge(
                bundle,
                folder,
                database_port=edge_way.port,
                token=database.token,
                servers=Servers([Server("vps-1", server.port)], keys),
                redis=redis,
            ) as worker,
        ):
            yield Moving(worker, keys, database, redis, edge_way, server_way, server, workspace, note.id)


@dataclass(frozen=True)
class Asked:
    """One answered request."""

    user: str
    at: float
    status: int
    served_by: str


@dataclass
class Load:
    """People who ask one after the other, each again and again, until the block ends."""

    stack: Moving
    users: list[str]
    workers: int = 4
    answers: list[Asked] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    _ended: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        with ThreadPoolExecutor(self.workers) as pool:
            tasks = [pool.submit(self._ask, self.users[n :: self.workers]) for n in range(self.workers)]
            try:
                yield self
            finally:
                self._ended.set()
        for task in tasks:
            task.result()

    def _ask(self, users: list[str]) -> None:
        clients = {user: self.stack.client(user) for user in users}
        while not self._ended.is_set():
            for user, client in clients.items():
                self._ask_once(user, client)
        for client in clients.values():
            client.close()

    def _ask_once(self, user: str, client: httpx.Client) -> None:
        began = time.monotonic()
        try:
            response = client.get(self.stack.path)
        except httpx.HTTPError as error:
            self.failures.append(repr(error))
            return
        if response.status_code != 200:
            self.failures.append(response.text)
        self.answers.append(Asked(user, began, response.status_code, response.headers["x-served-by"]))

    def sides(self, since: float = 0.0) -> dict[str, list[str]]:
        """By person, who answered, in order, without repetitions."""
        found: dict[str, list[str]] = {user: [] for user in self.users}
        for asked in sorted(self.answers, key=lambda asked: asked.at):
            told = found[asked.user]
            if asked.at >= since and (not told or told[-1] != asked.served_by):
                told.append(asked.served_by)
        return found
