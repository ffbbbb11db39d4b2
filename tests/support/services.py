"""The services of a server as real processes, and the edge's part played by a client that can sign."""

import json
import os
import secrets
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import httpx

from infra.paths import ROOT, SERVICES
from services import settings
from services.common import base64url
from services.common.identity import Identity
from services.common.signature import sign
from services.host import environment_file, layout
from tests.support.process import listening_port, running, until
from tests.support.sqld import Sqld
from tests.support.valkey import Valkey

if TYPE_CHECKING:
    import subprocess

Name = Literal["api", "realtime", "jobs", "front"]

RELEASE = "release-of-the-tests"
EVERY_SECOND = "* * * * * * *"


@dataclass(frozen=True)
class Keys:
    """What edge and servers share: the keys that sign, and those that did so before."""

    edge: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    session: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    former_edge: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    former_session: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    @property
    def variables(self) -> dict[str, str]:
        """Of services and Worker."""
        return {
            "EDGE_KEYS": f"{base64url.encode(self.edge)},{base64url.encode(self.former_edge)}",
            "SESSION_KEYS": f"{base64url.encode(self.session)},{base64url.encode(self.former_session)}",
        }


def environment(
    database: Sqld,
    cache: Valkey,
    keys: Keys,
    folder: Path,
    *,
    public_url: str = "http://localhost",
    **changes: str,
) -> dict[str, str]:
    """What all services of a release are given together."""
    return {
        "DATABASE_ORIGIN": f"http://127.0.0.1:{database.port}",
        "DATABASE_HOST": "notes-shoreline.turso.localhost",
        "DATABASE_TOKEN": database.token,
        "REDIS_URL": cache.url,
        **keys.variables,
        "PUBLIC_URL": public_url,
        "API_LISTEN": "127.0.0.1:0",
        "REALTIME_LISTEN": "127.0.0.1:0",
        "FRONT_LISTEN": "127.0.0.1:0",
        "PAGES_FOLDER": str(SERVICES / "web" / "public"),
        "SERVER_NAME": "vps-1",
        "RELEASE": RELEASE,
        "DIGEST_SCHEDULE": EVERY_SECOND,
        "TAKEOVER_SECONDS": "2",
        "FILES_FOLDER": str(folder / "shoreline" / "files"),
        **changes,
    }


def without_others(name: Name, variables: Mapping[str, str]) -> dict[str, str]:
    """The variables but those that only other services need."""
    known = {each for kind in settings.SERVICES.values() for each in settings.variables(kind)}
    others = known - settings.variables(settings.SERVICES[name]).keys()
    return {each: value for each, value in variables.items() if each not in others}


def write_environment(release: Path, variables: Mapping[str, str]) -> None:
    """The files from which the services of a release get their variables."""
    for name, own in settings.environments(variables).items():
        file = layout.environment(release, name)
        file.parent.mkdir(exist_ok=True)
        environment_file.write(file, environment_file.render(own))


@dataclass(frozen=True)
class Service:
    """One process; `port` is 0 for the jobs."""

    name: Name
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    @property
    def heartbeat(self) -> Path:
        """Of the jobs: there once it works."""
        return self.log.with_suffix(".heartbeat")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]

    def logged(self, **values: object) -> dict[str, Any]:
        """The first line with these values, once it is written."""

        def line() -> dict[str, Any] | None:
            return next((line for line in self.lines() if values.items() <= line.items()), None)

        return until(line, f"{self.name} logs {values}")


@contextmanager
def service(
    name: Name,
    folder: Path,
    variables: Mapping[str, str],
    module: str | None = None,
    within: Sequence[str | Path] = (),
) -> Iterator[Service]:
    """`python -m services.<name>`, or `module` in its place, ready; killed at the end.

    Of a release's variables it gets its own only, as on a server.
    `within`: a command that runs the one that follows it.
    """
    log = folder / f"{name}-{secrets.token_hex(4)}.log"
    own = without_others(name, variables)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT), **own}
    env["HEARTBEAT_FILE"] = str(log.with_suffix(".heartbeat"))
    with running([*within, sys.executable, "-m", module or f"services.{name}"], log=log, env=env) as process:
        if name == "jobs":
            running_jobs = Service(name, process, 0, log)
            until(lambda: running_jobs.heartbeat.exists() or None, "the jobs service works")
            yield running_jobs
        else:
            yield Service(name, process, listening_port(process, log), log)


@dataclass(frozen=True)
class FrontDoor:
    """Asks a service as the edge does."""

    service: Service
    key: bytes

    def headers(
        self, method: str, target: str, identity: Identity | None = None, *, seconds: int | None = None
    ) -> dict[str, str]:
        vouched = "" if identity is None else identity.header()
        now = int(time.time()) if seconds is None else seconds
        signed = {"shoreline-edge": sign(self.key, now, method, target, vouched)}
        return signed if identity is None else {**signed, "shoreline-identity": vouched}

    def ask(
        self, method: str, target: str, identity: Identity | None = None, **options: Any
    ) -> httpx.Response:
        headers = {**self.headers(method, target, identity), **options.pop("headers", {})}
        with httpx.Client(timeout=20, trust_env=False, verify=False) as client:  # noqa: S501 - no TLS
            return client.request(method, f"{self.service.url}{target}", headers=headers, **options)
