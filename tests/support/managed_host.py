"""A server without systemd for tests: its `systemctl` keeps what it was told, and what it runs answers.

A unit that is started takes RELEASE from the release's environment, as a service does; a release in `broken`
never works.
"""

import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from services.host.layout import Layout
from services.host.pythons import digest

_SYSTEMCTL = """\
#!{python}
import json, os, pathlib, sys
home = pathlib.Path(os.environ["HOME"])
state = home / "manager.json"
known = json.loads(state.read_text()) if state.exists() else {{"calls": [], "running": {{}}, "broken": []}}
verb, *words = sys.argv[2:]
units = [word for word in words if not word.startswith("--")]
known["calls"].append([verb, *units])
if verb == "restart":
    lines = (home / "shoreline/current/environment").read_text().splitlines()
    release = dict(line.split("=", 1) for line in lines)["RELEASE"]
    for unit in units:
        known["running"][unit] = release
    if "shoreline-jobs.service" in units and release not in known["broken"]:
        (home / "shoreline/run/jobs.heartbeat").touch()
elif verb in ("stop", "disable"):
    for unit in units:
        known["running"].pop(unit, None)
elif verb == "show":
    release = known["running"].get(units[0])
    if "--property=NRestarts" in words:
        print("4" if release in known["broken"] else "0")
    else:
        print("active" if release else "inactive")
state.write_text(json.dumps(known))
"""
_JOURNALCTL = """\
#!/bin/sh
for word; do unit=${word#--unit=}; done
echo "log of $unit: ${LOG_LINE-it fell over}"
"""


@dataclass(frozen=True)
class ManagedHost:
    home: Path
    programs: Path
    """Holds `systemctl`: first on PATH."""
    ports: dict[str, int]
    """Of the units that answer, by name."""

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    def known(self) -> Any:
        path = self.home / "manager.json"
        return json.loads(path.read_text()) if path.exists() else {"calls": [], "running": {}, "broken": []}

    def calls(self) -> list[list[str]]:
        """What `systemctl` was asked to change since the last look."""
        known = self.known()
        found = [call for call in known["calls"] if call[0] != "show"]
        self._write({**known, "calls": []})
        return found

    def running(self) -> dict[str, str]:
        """The release each unit was started with."""
        return dict(self.known()["running"])

    def break_release(self, release: str) -> None:
        known = self.known()
        self._write({**known, "broken": [*known["broken"], release]})

    def _write(self, known: Any) -> None:
        (self.home / "manager.json").write_text(json.dumps(known))

    def provide_python(self, lock: Path) -> None:
        """Makes the environment of a lock file, which then isn't installed."""
        folder = self.layout.environments / digest(lock)
        (folder / "bin").mkdir(parents=True, exist_ok=True)
        (folder / "bin" / "python").unlink(missing_ok=True)
        (folder / "bin" / "python").symlink_to(sys.executable)
        (folder / "complete").touch()


@contextmanager
def managed_host(folder: Path) -> Iterator[ManagedHost]:
    """A server below `folder`; what its services answer is served from this process."""
    home, programs = folder / "home", folder / "programs"
    home.mkdir(parents=True)
    programs.mkdir()
    (programs / "systemctl").write_text(_SYSTEMCTL.format(python=sys.executable))
    (programs / "journalctl").write_text(_JOURNALCTL)
    for program in programs.iterdir():
        program.chmod(0o755)
    handlers = {name: _handler(home, name) for name in ("api", "realtime")}
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), handler) for name, handler in handlers.items()}
    threads = [
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}) for server in servers.values()
    ]
    for thread in threads:
        thread.start()
    try:
        ports = {name: server.server_port for name, server in servers.items()}
        yield ManagedHost(home, programs, ports)
    finally:
        for server in servers.values():
            server.shutdown()
            server.server_close()
        for thread in threads:
            thread.join()
        shutil.rmtree(home, ignore_errors=True)


def _handler(home: Path, name: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = json.loads((home / "manager.json").read_text())
            release = known["running"].get(f"shoreline-{name}.service")
            works = release is not None and release not in known["broken"]
            body = json.dumps({"release": release}).encode()
            self.send_response(200 if works and self.path == "/healthz" else 503)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
            """Nothing."""

    return Handler


def path_with(programs: Path) -> str:
    return os.pathsep.join([str(programs), os.environ["PATH"]])
