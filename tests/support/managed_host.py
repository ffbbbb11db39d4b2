"""A server without systemd for tests: its `systemctl` keeps what it was told, and what it runs answers.

A unit that is started takes RELEASE from its own file of variables, as a service does; a release in `broken`
never works, a unit in `failing` can't be started.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from services.host.layout import Layout
from services.host.pythons import digest

_NOTHING: dict[str, Any] = {"calls": [], "running": {}, "broken": [], "failing": [], "pids": {}}
_SYSTEMCTL = """\
#!@PYTHON@ -IS
import json, os, pathlib, re, signal, subprocess, sys
home = pathlib.Path(os.environ["HOME"])
state = pathlib.Path(__file__).with_name("manager.json")
known = json.loads(state.read_text())
verb, *words = sys.argv[2:]
units = [word for word in words if not word.startswith("--")]
known["calls"].append([verb, *units])
code = 0
away = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.DEVNULL)

def ended(unit):
    known["running"].pop(unit, None)
    if unit in known["pids"]:
        os.kill(known["pids"].pop(unit), signal.SIGKILL)

def started(unit):
    ended(unit)
    if "@" not in unit:
        return "tunnel"
    name, release = re.fullmatch("shoreline-(.*)@(.*).service", unit).groups()
    folder = home / "shoreline/releases" / release
    if name == "proxy":
        return release
    lines = (folder / "environment" / name).read_text().splitlines()
    served = dict(line.split("=", 1) for line in lines)["RELEASE"]
    if name == "jobs" and release not in known["broken"]:
        (folder / "run/jobs.heartbeat").touch()
    elif name != "jobs":
        argv = [sys.executable, "-IS", str(home / "service.py"), name, served]
        if release in known["broken"]:
            argv += ["broken"]
        known["pids"][unit] = subprocess.Popen(argv, cwd=folder, **away).pid
    return served

if verb in ("start", "restart"):
    for unit in units:
        if unit in known["failing"]:
            print("can't be started")
            code = 1
        elif verb == "restart" or unit not in known["running"]:
            known["running"][unit] = started(unit)
elif verb == "stop" or (verb == "disable" and "--now" in words):
    for unit in units:
        ended(unit)
elif verb == "show":
    if "--property=NRestarts" in words:
        print("4" if any(each in units[0] for each in known["broken"]) else "0")
    else:
        print("active" if units[0] in known["running"] else "inactive")
state.write_text(json.dumps(known))
sys.exit(code)
"""
_SERVICE = """\
import json, http.server, os, socketserver, sys
name, release, *broken = sys.argv[1:]

class Handler(http.server.BaseHTTPRequestHandler):
    def address_string(self):
        return ""

    def do_GET(self):
        body = json.dumps({"release": release}).encode()
        self.send_response(503 if broken else 200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

path = f"run/{name}.sock"
if os.path.exists(path):
    os.unlink(path)
socketserver.UnixStreamServer(path, Handler).serve_forever()
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

    @property
    def layout(self) -> Layout:
        return Layout(self.home)

    def known(self) -> Any:
        return json.loads((self.programs / "manager.json").read_text())

    def calls(self) -> list[list[str]]:
        """What `systemctl` was asked to change since the last look."""
        known = self.known()
        found = [call for call in known["calls"] if call[0] != "show"]
        self._write({**known, "calls": []})
        return found

    def running(self) -> dict[str, str]:
        """The release each unit was started with, by the unit's name without prefix and suffix."""
        found = self.known()["running"].items()
        return {unit.removeprefix("shoreline-").removesuffix(".service"): served for unit, served in found}

    def break_release(self, release: str) -> None:
        known = self.known()
        self._write({**known, "broken": [*known["broken"], release]})

    def fail(self, unit: str) -> None:
        known = self.known()
        self._write({**known, "failing": [*known["failing"], unit]})

    def _write(self, known: Any) -> None:
        (self.programs / "manager.json").write_text(json.dumps(known))

    def provide_python(self, lock: Path) -> None:
        """Makes the environment of a lock file, which then isn't installed."""
        programs = self.layout.environments / digest(lock) / "bin"
        programs.mkdir(parents=True, exist_ok=True)
        (programs / "python").unlink(missing_ok=True)
        (programs / "python").symlink_to(sys.executable)
        (programs / "caddy").write_text("as it is")
        (programs.parent / "complete").touch()


@contextmanager
def managed_host(folder: Path) -> Iterator[ManagedHost]:
    """A server below `folder`; what its services answer ends with the block."""
    home, programs = folder / "home", folder / "programs"
    home.mkdir(parents=True)
    programs.mkdir()
    (home / "service.py").write_text(_SERVICE)
    (programs / "manager.json").write_text(json.dumps(_NOTHING))
    (programs / "systemctl").write_text(_SYSTEMCTL.replace("@PYTHON@", os.path.realpath(sys.executable)))
    (programs / "journalctl").write_text(_JOURNALCTL)
    for program in programs.iterdir():
        program.chmod(0o755)
    host = ManagedHost(home, programs)
    try:
        yield host
    finally:
        for pid in host.known()["pids"].values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        shutil.rmtree(home, ignore_errors=True)


def path_with(programs: Path) -> str:
    return os.pathsep.join([str(programs), os.environ["PATH"]])
