"""The built Worker in a real workerd, bound to a database behind a gate and, where given, to servers."""

import json
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from infra.components.bundle import build_web
from infra.paths import NODE_MODULES, SERVICES
from tests.support.process import running, until
from tests.support.services import Keys

RELEASE = "11111111-2222-4333-8444-555555555555"
COMPATIBILITY_DATE = "2026-10-15"
SUPPORT = Path(__file__).parent


@dataclass(frozen=True)
class Server:
    """One server of the stack: the ports of its services; None where nothing is reached."""

    name: str
    api: int | None
    realtime: int | None = None

    @property
    def ports(self) -> dict[str, int]:
        ports = {f"{self.name} api": self.api, f"{self.name} realtime": self.realtime}
        return {name: port for name, port in ports.items() if port is not None}


@dataclass(frozen=True)
class Servers:
    """What a stack with servers gives the Worker."""

    servers: Sequence[Server]
    keys: Keys
    public_url: str = "http://localhost"


@dataclass(frozen=True)
class Redis:
    """Redis over REST: the port of the local Upstash, the database's host there, its token."""

    port: int
    host: str
    token: str


@dataclass(frozen=True)
class Edge:
    """`url` of the Worker, `cron` of its scheduled handler, and what it logged."""

    url: str
    cron: str
    log: Path

    def logged(self, request_id: str) -> dict[str, object]:
        """The log line of a request, once it is written."""

        def line() -> dict[str, object] | None:
            return next((line for line in self.lines() if line.get("id") == request_id), None)

        return until(line, f"a log line of request {request_id}")

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.log.read_text("utf-8").splitlines() if line.startswith("{")]


def build(directory: Path, *, manifest: Path | None = None, placement: Path | None = None) -> Path:
    """Bundles the Worker, of the application's routes or others, into `directory`, and gives that."""
    argv: list[str | Path] = ["node", SERVICES / "edge" / "build.mjs", "--out", directory]
    if manifest is not None and placement is not None:
        argv += ["--manifest", manifest, "--placement", placement]
    subprocess.run(argv, check=True)
    return directory


@contextmanager
def edge(
    bundle: Path,
    directory: Path,
    *,
    database_port: int,
    token: str,
    servers: Servers | None = None,
    redis: Redis | None = None,
) -> Iterator[Edge]:
    """The Worker on free ports; its outbound requests go to what is given here, as plain HTTP."""
    for name in ("assets.js", "cron.js", "outbound.js"):
        (directory / name).write_bytes((SUPPORT / name).read_bytes())
    (directory / "worker.js").write_bytes((bundle / "worker.js").read_bytes())
    build_web(directory / "web")
    config = directory / "edge.capnp"
    config.write_text(_config(directory / "web", database_port, token, servers, redis), "ascii")
    config.chmod(0o600)
    log = directory / "workerd.log"
    listening, control = os.pipe()
    argv: list[str | Path] = [workerd_binary(), "serve", config, "--experimental", f"--control-fd={control}"]
    with os.fdopen(listening) as events, running(argv, log=log, pass_fds=[control]) as child:
        os.close(control)
        ports: dict[str, int] = {}
        while len(ports) < 2:
            line = events.readline()
            if line == "":
                raise AssertionError(f"workerd ended with {child.wait()}:\n{log.read_text()[-2000:]}")
            event = json.loads(line)
            ports[event["socket"]] = event["port"]
        yield Edge(f"http://127.0.0.1:{ports['edge']}", f"http://127.0.0.1:{ports['cron']}", log)


def workerd_binary() -> Path:
    found = next(NODE_MODULES.glob("@cloudflare/workerd-*/bin/workerd"), None)
    if found is None:
        raise AssertionError("workerd is missing from node_modules: run `make setup`")
    return found


def _config(web: Path, database_port: int, token: str, servers: Servers | None, redis: Redis | None) -> str:
    ports = {} if servers is None else {k: v for each in servers.servers for k, v in each.ports.items()}
    if redis is not None:
        ports["redis"] = redis.port
    services = "".join(
        f'    (name = "{name}", external = (address = "127.0.0.1:{port}", http = ())),\n'
        for name, port in {"database": database_port, **ports}.items()
    )
    reachable = "".join(f'    (name = "{name}", service = "{name}"),\n' for name in ports)
    return f"""using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "edge", worker = .edge),
    (name = "assets", worker = .assets),
    (name = "cron", worker = .cron),
    (name = "files", disk = {json.dumps(str(web))}),
    (name = "outbound", worker = .outbound),
{services}  ],
  sockets = [
    (name = "edge", address = "127.0.0.1:0", service = "edge",
      http = (forwardedProtoHeader = "x-forwarded-proto")),
    (name = "cron", address = "127.0.0.1:0", http = (), service = "cron"),
  ],
);

const edge :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  globalOutbound = "outbound",
  bindings = [
    (name = "ASSETS", service = "assets"),
    (name = "DATABASE_URL", text = "https://notes-shoreline.turso.localhost"),
    (name = "DATABASE_TOKEN", text = {json.dumps(token)}),
    (name = "RELEASE", json = {json.dumps(json.dumps({"id": RELEASE, "tag": "", "timestamp": ""}))}),
{_bindings(servers)}{_redis_bindings(redis)}  ],
);

const outbound :Workerd.Worker = (
  modules = [(name = "outbound.js", esModule = embed "outbound.js")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  bindings = [
    (name = "DATABASE", service = "database"),
{reachable}  ],
);

const assets :Workerd.Worker = (
  modules = [(name = "assets.js", esModule = embed "assets.js")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  bindings = [(name = "FILES", service = "files")],
);

const cron :Workerd.Worker = (
  modules = [(name = "cron.js", esModule = embed "cron.js")],
  compatibilityDate = "{COMPATIBILITY_DATE}",
  compatibilityFlags = ["experimental", "service_binding_extra_handlers"],
  bindings = [(name = "EDGE", service = "edge")],
);
"""


def _redis_bindings(redis: Redis | None) -> str:
    if redis is None:
        return ""
    texts = {"REDIS_URL": f"https://{redis.host}", "REDIS_TOKEN": redis.token}
    return "".join(f"    (name = {json.dumps(n)}, text = {json.dumps(text)}),\n" for n, text in texts.items())


def _bindings(servers: Servers | None) -> str:
    if servers is None:
        return ""
    origins = [
        {"name": each.name, "url": f"https://{each.name}.servers.localhost"} for each in servers.servers
    ]
    texts = {
        **servers.keys.variables,
        "PUBLIC_URL": servers.public_url,
    }
    bindings = [f"(name = {json.dumps(name)}, text = {json.dumps(text)})" for name, text in texts.items()]
    if origins:
        bindings.append(f'(name = "ORIGINS", json = {json.dumps(json.dumps(origins))})')
    return "".join(f"    {binding},\n" for binding in bindings)
