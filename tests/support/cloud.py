"""A local cloud of a test's own: its data, ports and processes, gone with the test even if it is killed."""

import os
import random
import re
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from infra.localcloud import orphans
from infra.localcloud.accounts import CLOUDFLARE, TURSO
from infra.localcloud.endpoints import BASE_URL_PATH, Endpoints
from infra.localcloud.running import DAEMON, Running
from infra.paths import ROOT
from infra.providers.hrana import patiently
from tests.support.process import until

FIRST_PORTS = range(20_000, 32_000)
"""Below Linux's ephemeral ports, so that no outgoing connection takes one between its choice and its use."""
PORT = re.compile(r"(?<=[: ])87\d\d\b")


class LocalCloud:
    """`python -m infra.localcloud` over a copy of Pulumi.dev.yaml with free ports, in a given folder.

    The daemon ends with this process. `config_file` is a whole stack configuration for a Pulumi stack.
    """

    def __init__(self, folder: Path) -> None:
        self.data = folder / "cloud"
        self.config_file = folder / "Pulumi.dev.yaml"
        folder.mkdir(parents=True, exist_ok=True)
        self.choose_ports()

    @property
    def endpoints(self) -> Endpoints:
        return Endpoints.load(self.config_file)

    def choose_ports(self) -> None:
        """Write the configuration with ports that are free now."""
        choose_ports(ROOT / "Pulumi.dev.yaml", self.config_file)

    def argv(self, *arguments: str) -> list[str]:
        options = ["--config", str(self.config_file), "--data", str(self.data)]
        return [sys.executable, "-m", "infra.localcloud", *options, *arguments]

    def run(
        self, *arguments: str, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end, with these variables added to the environment."""
        return subprocess.run(
            self.argv(*arguments),
            cwd=ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            timeout=120,
            stdin=subprocess.DEVNULL,
            check=False,
        )

    def up(self) -> None:
        self._succeed("up", "--die-with", str(os.getpid()))

    def down(self) -> None:
        self._succeed("down")

    def reset(self) -> None:
        self._succeed("reset", "--yes")
        shutil.rmtree(self.data, ignore_errors=True)

    def _succeed(self, *arguments: str) -> None:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr

    def status(self) -> dict[str, Any]:
        running = Running.find(self.data)
        assert running is not None, "the local cloud is not running"
        return running.status()

    def processes(self) -> dict[str, psutil.Process]:
        """What runs, by name: `daemon`, `libsql-server`, ..."""
        living = ((entry.name, entry.process()) for entry in orphans.recorded(self.data))
        return {name: process for name, process in living if process is not None}

    def daemon(self) -> psutil.Process:
        return self.processes()[DAEMON]

    def restarts(self, name: str) -> int:
        return next(int(each["restarts"]) for each in self.status()["processes"] if each["name"] == name)

    def kill_child(self, name: str) -> None:
        """SIGKILL; returns when the daemon has started it again and it is ready."""
        before = self.restarts(name)
        self.processes()[name].kill()
        until(lambda: self.restarts(name) > before and self.status()["healthy"])

    def turso(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of Turso's Platform API, `path` below the organization."""
        base = f"{self.endpoints.turso_api.url}/v1/organizations/{TURSO.organization}"
        return _call(method, f"{base}{path}", TURSO.token, options)

    def cloudflare(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call of Cloudflare's API v4, `path` below /client/v4."""
        base = f"{self.endpoints.cloudflare_api.url}{BASE_URL_PATH}"
        return _call(method, f"{base}{path}", CLOUDFLARE.token, options)


def _call(method: str, url: str, token: str, options: dict[str, Any]) -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", **options.pop("headers", {})}
    return httpx.request(method, url, headers=headers, timeout=30, trust_env=False, **options)


@dataclass(frozen=True)
class Hrana:
    """A database as any HTTP client reaches it."""

    cloud: LocalCloud
    hostname: str
    token: str | None

    def execute(self, *statements: str, headers: dict[str, str] | None = None) -> httpx.Response:
        """One pipeline with these statements; the whole HTTP answer."""
        requests = [{"type": "execute", "stmt": {"sql": sql}} for sql in statements]
        authorization = {"authorization": f"Bearer {self.token}"} if self.token else {}
        return patiently(
            lambda: httpx.post(
                f"{self.cloud.endpoints.databases.url}/v2/pipeline",
                headers={"host": self.hostname, **authorization, **(headers or {})},
                json={"requests": [*requests, {"type": "close"}]},
                timeout=30,
                trust_env=False,
            )
        )

    def results(self, *statements: str) -> list[dict[str, Any]]:
        """The result of each statement; fails if one failed."""
        answer = self.execute(*statements)
        assert answer.status_code == 200, answer.text
        entries = answer.json()["results"][: len(statements)]
        assert all(entry["type"] == "ok" for entry in entries), entries
        return [entry["response"]["result"] for entry in entries]

    def value(self, statement: str) -> Any:
        """The first column of the first row."""
        return self.results(statement)[0]["rows"][0][0]["value"]


def choose_ports(source: Path, target: Path) -> list[int]:
    """Copy `source` with ports that are free now; returns these in the order of those they replace."""
    text = source.read_text()
    named = sorted(set(PORT.findall(text)))
    fresh = dict(zip(named, free_ports(len(named)), strict=True))
    target.write_text(PORT.sub(lambda match: str(fresh[match[0]]), text))
    return list(fresh.values())


def free_ports(count: int) -> list[int]:
    """Loopback ports that nobody listens on now."""
    found: list[int] = []
    while len(found) < count:
        port = random.SystemRandom().choice(FIRST_PORTS)
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        if port not in found:
            found.append(port)
    return found
