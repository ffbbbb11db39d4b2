"""A real Valkey for tests that takes the commands that Upstash has, and no others."""

import hashlib
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import redis

from infra.localcloud.upstash.commands import acl
from infra.localcloud.upstash.valkey import binary
from tests.support.cloud import free_ports
from tests.support.process import running, until


class Valkey:
    """`url` names it with its password; its append-only file outlives a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._password = secrets.token_urlsafe(16)
        [self._port] = free_ports(1)
        self.url = f"redis://default:{self._password}@127.0.0.1:{self._port}"
        self._running = ExitStack()
        self._configure()

    def start(self) -> None:
        self._running.enter_context(
            running([binary(), self._folder / "valkey.conf"], log=self._folder / "valkey.log")
        )
        until(self._answers, "Valkey answers")

    def kill(self) -> None:
        """SIGKILL."""
        self._running.close()

    @contextmanager
    def down(self) -> Iterator[None]:
        """Killed as long as the block lasts."""
        self.kill()
        try:
            yield
        finally:
            self.start()

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url, decode_responses=True)

    def _answers(self) -> bool | None:
        try:
            with self.client() as client:
                return bool(client.ping()) or None
        except redis.RedisError:
            return None

    def _configure(self) -> None:
        digests = [
            hashlib.sha256(word.encode()).hexdigest() for word in (self._password, "reader", "control")
        ]
        (self._folder / "users.acl").write_text(acl(*digests), "ascii")
        settings = {
            "bind": "127.0.0.1",
            "port": self._port,
            "dir": self._folder,
            "aclfile": self._folder / "users.acl",
            "appendonly": "yes",
            "save": '""',
        }
        lines = "".join(f"{name} {value}\n" for name, value in settings.items())
        (self._folder / "valkey.conf").write_text(lines, "utf-8")


@contextmanager
def valkey(folder: Path) -> Iterator[Valkey]:
    """Runs until the block ends."""
    server = Valkey(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
