"""A server of a local cloud as a deployment sees it: OpenSSH's client, unit files, `systemctl --user`."""

import os
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import psutil
import yaml

from infra.localcloud.accounts import SERVERS
from tests.support.cloud import LocalCloud, free_ports
from tests.support.process import until

USER = "shoreline"


@dataclass
class Vps:
    """`folder` is for the client's files: its key and the host's pinned key."""

    cloud: LocalCloud
    name: str
    folder: Path
    port: int
    origin_port: int

    @classmethod
    def alone(cls, folder: Path) -> Self:
        return cls.several(folder, 1)[0]

    @classmethod
    def several(cls, folder: Path, count: int) -> list[Self]:
        """Servers `vps-1`, ... of one cloud, which is not running yet."""
        cloud = LocalCloud(folder)
        config = yaml.safe_load(cloud.config_file.read_text())
        ports = free_ports(2 * count)
        servers = [
            cls(cloud, f"vps-{number}", folder, *ports[2 * number - 2 : 2 * number])
            for number in range(1, count + 1)
        ]
        config["config"]["shoreline:servers"] = [server.declared() for server in servers]
        cloud.config_file.write_text(yaml.safe_dump(config))
        for server in servers:
            server.write_keys()
        return servers

    def declared(self) -> dict[str, Any]:
        entry = {"name": self.name, "host": "127.0.0.1", "port": self.port, "user": USER}
        host = {"hostKey": SERVERS.host_public_key, "originHost": f"{self.name}.localhost"}
        return {**entry, "originPort": self.origin_port, **host}

    def write_keys(self) -> None:
        self.key.write_text(SERVERS.client_key)
        self.key.chmod(0o600)
        self.known_hosts.write_text(f"[127.0.0.1]:{self.port} {SERVERS.host_public_key}\n")

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    @property
    def known_hosts(self) -> Path:
        return self.folder / f"{self.name}.hosts"

    @property
    def home(self) -> Path:
        return self.cloud.data / "servers" / self.name / "home"

    @property
    def units(self) -> Path:
        return self.home / ".config" / "systemd" / "user"

    def ssh_options(self) -> list[str]:
        return [
            *("-F", "none", "-i", str(self.key), "-o", "IdentitiesOnly=yes", "-o", "BatchMode=yes"),
            *("-o", f"UserKnownHostsFile={self.known_hosts}", "-o", "StrictHostKeyChecking=yes"),
            *("-o", "LogLevel=ERROR"),
        ]

    def ssh_argv(self, *options: str) -> list[str]:
        return ["ssh", *self.ssh_options(), *options, "-p", str(self.port), f"{USER}@127.0.0.1"]

    def ssh(self, command: str, stdin: str | bytes = b"") -> subprocess.CompletedProcess[str]:
        """Run a command over OpenSSH's client."""
        given = stdin.encode() if isinstance(stdin, str) else stdin
        done = subprocess.run(
            [*self.ssh_argv(), command], input=given, capture_output=True, timeout=120, check=False
        )
        output, error = done.stdout.decode(), done.stderr.decode()
        return subprocess.CompletedProcess(done.args, done.returncode, output, error)

    def systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        """As a command on the server, without SSH around it."""
        script = self.cloud.data / "servers" / self.name / "bin" / "systemctl"
        argv = [str(script), "--user", *words]
        return subprocess.run(argv, capture_output=True, text=True, timeout=120, check=False)

    def show(self, unit: str, name: str) -> str:
        done = self.systemctl("show", "--value", "-p", name, unit)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def pid(self, unit: str) -> int:
        return int(self.show(unit, "MainPID"))

    def state(self, unit: str) -> str:
        return f"{self.show(unit, 'ActiveState')}/{self.show(unit, 'SubState')}"

    def unit(self, name: str, service: str, *, unit: str = "", install: str = "") -> str:
        """Write a unit file from its sections; returns its name."""
        parts = [f"[Unit]\n{textwrap.dedent(unit)}", f"[Service]\n{textwrap.dedent(service)}"]
        parts += [f"[Install]\n{textwrap.dedent(install)}"] if install else []
        self.units.mkdir(parents=True, exist_ok=True)
        (self.units / name).write_text("\n".join(parts))
        return name

    def script(self, name: str, text: str) -> Path:
        """An executable Python script in the home."""
        path = self.home / name
        path.write_text(f"#!{self.python()}\n{textwrap.dedent(text)}")
        path.chmod(0o755)
        return path

    def python(self) -> str:
        return os.path.realpath(sys.executable)

    def log(self, unit: str) -> str:
        short = unit.removesuffix(".service").removeprefix("shoreline-")
        return (self.cloud.data / "logs" / f"{self.name}-{short}.log").read_text()

    def until_state(self, unit: str, state: str) -> None:
        until(lambda: self.state(unit) == state)

    def inside(self) -> list[psutil.Process]:
        """Every process on the server: the children of its warden, and theirs."""
        warden = self.cloud.processes().get(self.name)
        return warden.children(recursive=True) if warden else []
