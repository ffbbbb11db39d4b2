"""Small releases on a local server: the real units, proxy and activation around services of a few lines."""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from infra.components.commands import OnServer, variables
from infra.components.units import rendered
from infra.paths import ROOT
from services.host.contents import identify
from services.host.layout import Layout
from services.host.pythons import digest
from tests.localcloud.server.vps import Vps

if TYPE_CHECKING:
    import subprocess

LONGEST_SECONDS = 3.0
"""What the proxy waits for an answer here."""
PATIENCE_SECONDS = 15.0
"""What a service has here until it must be healthy."""

_API = """\
import asyncio, os, signal
from pathlib import Path

from granian.constants import Interfaces
from granian.server.embed import Server

WORKS = {works}

async def app(scope, receive, send):
    path, _, seconds = scope["path"].rpartition("/")
    status = 200 if WORKS or scope["path"] != "/healthz" else 503
    if path == "/slow":
        await asyncio.sleep(float(seconds))
    body = (await receive())["body"] if scope["method"] == "POST" else b""
    release = os.environ["RELEASE"]
    answer = release.encode() + body
    if scope["path"] == "/healthz":
        answer = b'{{"release": "%s"}}' % answer
    await send({{"type": "http.response.start", "status": status, "headers": []}})
    await send({{"type": "http.response.body", "body": answer}})

async def main():
    Path("run/api.sock").unlink(missing_ok=True)
    server = Server(app, uds=Path("run/api.sock"), interface=Interfaces.ASGINL, log_enabled=False)
    server.bind_uds = Path("run/api.sock")
    for each in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(each, server.stop)
    await server.serve()

asyncio.run(main())
"""
_REALTIME = _API.replace("api.sock", "realtime.sock")
_FRONT = _API.replace("api.sock", "front.sock")
_JOBS = """\
import pathlib, time
while True:
    pathlib.Path("run/jobs.heartbeat").touch()
    time.sleep(0.5)
"""
_TUNNEL = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=default.target\n"


@dataclass(frozen=True)
class Releases:
    """Those of one server, which is running."""

    vps: Vps

    @property
    def layout(self) -> Layout:
        return Layout(self.vps.home)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.vps.origin_port}"

    def copy(self, name: str, *, works: bool = True) -> str:
        """A release that is different for each name; its id."""
        incoming = self.layout.releases / "incoming"
        rules = (ROOT / "services" / "host" / "Caddyfile").read_text()
        files = {
            "services/__init__.py": f'"""{name}"""\n',
            "services/api.py": _API.format(works=works),
            "services/realtime.py": _REALTIME.format(works=True),
            "services/front.py": _FRONT.format(works=True),
            "services/jobs.py": _JOBS,
            "requirements.lock": "",
            **{f"units/{unit}": text for unit, text in rendered().items()},
            "units/shoreline-tunnel.service": _TUNNEL,
        }
        shutil.copytree(
            ROOT / "services" / "host", incoming / "services" / "host", ignore=lambda *_: ["__pycache__"]
        )
        health = (ROOT / "services" / "host" / "health.py").read_text()
        files["services/host/health.py"] = re.sub("DEADLINE = .*", f"DEADLINE = {PATIENCE_SECONDS}", health)
        timeout = f"response_header_timeout {LONGEST_SECONDS:g}s"
        files["services/host/Caddyfile"] = re.sub("response_header_timeout .*", timeout, rules)
        for path, text in files.items():
            (incoming / path).parent.mkdir(parents=True, exist_ok=True)
            (incoming / path).write_text(text)
        self._provide_python(incoming / "requirements.lock")
        identity = identify(incoming)
        incoming.rename(self.layout.release(identity))
        return identity

    def _provide_python(self, lock: Path) -> None:
        programs = self.layout.environments / digest(lock) / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        for program in ("python", "caddy"):
            script = programs / program
            script.write_text(f'#!/bin/sh\nexec {ROOT}/.venv/bin/{program} "$@"\n')
            script.chmod(0o755)
        (programs.parent / "complete").touch()

    def activation(self, release: str) -> list[str]:
        """The command, as the program runs it."""
        return [*self.vps.ssh_argv(), OnServer(release).activate]

    def variables(self, release: str) -> str:
        proxy = {"ORIGIN_HOST": "127.0.0.1", "ORIGIN_PORT": str(self.vps.origin_port)}
        return variables({"RELEASE": release}, proxy=proxy, tunnel={"TUNNEL_TOKEN": "a-tunnel-token"})

    def activate(self, release: str) -> "subprocess.CompletedProcess[str]":
        return self.vps.ssh(OnServer(release).activate, self.variables(release))

    def drain(self, release: str, *keep: str) -> str:
        done = self.vps.ssh(OnServer(release).drain(keep))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def units(self) -> list[str]:
        """Those that run."""
        told = json.loads((self.vps.home.parent / "units.json").read_text())
        return [unit["name"] for unit in told["units"]]
