"""The servers under the real engine: what a change touches, what a host gone leaves, what is kept secret."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from infra.paths import ROOT
from tests.support.managed_host import ManagedHost, managed_host
from tests.support.ssh_host import SshHost, ssh_host
from tests.unit.plugins.cloudflare_stub import CloudflareStub

pytestmark = pytest.mark.slow

PROGRAM = """\
import json
from pathlib import Path
from types import SimpleNamespace

import pulumi

from infra.components.release import Release
from infra.components.servers import Servers
from infra.settings import CloudflareSettings

known = json.loads(Path("settings.json").read_text())
config = pulumi.Config()
servers = Servers(
    "vps",
    [SimpleNamespace(**server) for server in known["servers"]],
    zone=CloudflareSettings(account_id="a" * 32, zone_id="b" * 32, plan="paid"),
    release=Release.current(
        Path("../services/web/public"), Path("../services").resolve(), Path("../build/release").resolve()
    ),
    environment={"DATABASE_TOKEN": config.require_secret("token")},
    ssh_key=config.require_secret("sshKey"),
)
pulumi.export("origins", servers.origins)
"""
UNITS = {"api", "front", "jobs", "proxy", "realtime", "tunnel"}
TOKEN = "planted-database-token-4711"


@dataclass(frozen=True)
class Project:
    """A Pulumi project with one server, in a folder of its own."""

    folder: Path
    environment: dict[str, str]
    server: ManagedHost
    host: SshHost
    take_host_away: Callable[[], None]

    def pulumi(self, *words: str, good: bool = True, stdin: str = "") -> str:
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder, env=self.environment, input=stdin, capture_output=True, text=True, check=False,
        )  # fmt: skip
        output = done.stdout + done.stderr
        assert (done.returncode == 0) is good, output
        return output

    def changes(self) -> dict[str, str]:
        """What a preview says of each resource that is not left as it is."""
        output = self.pulumi("preview", "--json")
        told = json.loads(output[output.index("{") : output.rindex("}") + 1])
        return {step["urn"].rsplit("::", 1)[-1]: step["op"] for step in told["steps"] if step["op"] != "same"}

    def write(self, name: str, text: str) -> None:
        (self.folder / "services" / name).parent.mkdir(parents=True, exist_ok=True)
        (self.folder / "services" / name).write_text(text)

    @property
    def lock(self) -> Path:
        return self.folder / "services" / "requirements.lock"


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    with (
        CloudflareStub() as cloudflare,
        managed_host(tmp_path / "server") as server,
        ExitStack() as around_host,
    ):
        host = around_host.enter_context(ssh_host(server.home))
        host.folders = (server.programs,)
        project = Project(tmp_path, _environment(tmp_path, cloudflare), server, host, around_host.close)
        _write_program(project)
        shutil.copytree(ROOT / "services" / "host", tmp_path / "services" / "host")
        for name in ("__init__.py", "api.py", "edge/index.ts", "requirements.lock"):
            project.write(name, "")
        server.provide_python(project.lock)
        project.pulumi("stack", "init", "test")
        project.pulumi("config", "set", "--secret", "token", stdin=TOKEN)
        project.pulumi("config", "set", "--secret", "sshKey", "--raw", stdin=host.client_key)
        yield project


def _environment(folder: Path, cloudflare: CloudflareStub) -> dict[str, str]:
    (folder / "state").mkdir()
    return {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PULUMI_CONFIG_PASSPHRASE": "test",
        "PULUMI_STACK": "test",
        "CLOUDFLARE_API_TOKEN": "token",
        "CLOUDFLARE_BASE_URL": cloudflare.url,
    }


def _write_program(project: Project) -> None:
    options = {"toolchain": "uv", "virtualenv": os.path.relpath(ROOT / ".venv", project.folder / "infra")}
    described = {"name": "shoreline", "main": "infra/", "runtime": {"name": "python", "options": options}}
    (project.folder / "Pulumi.yaml").write_text(json.dumps(described))
    (project.folder / "infra").mkdir()
    (project.folder / "infra" / "__main__.py").write_text(PROGRAM)
    server = {
        "name": "vps-1", "origin_host": "vps-1.example.com", "host": "127.0.0.1", "port": project.host.port,
        "user": "shoreline", "host_key": project.host.host_key, "origin_port": 8721,
    }  # fmt: skip
    (project.folder / "infra" / "settings.json").write_text(json.dumps({"servers": [server]}))


def test_the_life_of_a_server(project: Project) -> None:
    shown = project.pulumi("up", "--yes", "--skip-preview")
    first = project.server.layout.in_force()
    assert first is not None and "https://vps-1.example.com" in shown
    assert {unit.partition("@")[0] for unit in project.server.running()} == UNITS
    _nothing_secret(project, shown)

    assert project.changes() == {}
    project.write("edge/index.ts", "edited")
    assert project.changes() == {}
    project.write("api.py", "edited = True")
    assert project.changes() == {"vps-1-release": "update", "vps-1-services": "update"}

    project.pulumi("up", "--yes", "--skip-preview")
    second = project.server.layout.in_force()
    assert second != first and f"api@{second}" in project.server.running()
    assert project.changes() == {}

    project.write("api.py", "broken = True")
    _a_broken_release_is_told(project, str(second))

    project.pulumi("refresh", "--yes", "--skip-preview")
    shutil.rmtree(project.server.home)
    _destroyed_without_its_host(project)


def _nothing_secret(project: Project, shown: str) -> None:
    state = json.dumps(json.loads(project.pulumi("stack", "export")))
    key = project.host.client_key.splitlines()[2]
    token = (project.server.layout.tunnel).read_text().partition("=")[2].strip()
    for secret in (TOKEN, key, token):
        assert secret not in shown and secret not in state
        assert not any(secret in command for command in project.host.commands)


def _a_broken_release_is_told(project: Project, before: str) -> None:
    from infra.components.release import Release

    services = project.folder / "services"
    broken = Release.current(services / "web" / "public", services, project.folder / "build" / "release").id
    project.server.break_release(broken)
    shown = project.pulumi("up", "--yes", "--skip-preview", good=False)
    assert f"shoreline-api@{broken}.service ended 4 times right after its start" in shown
    assert f"Now release {before} is in force." in shown
    assert "Traceback" not in shown and TOKEN not in shown
    assert project.server.layout.in_force() == before


def _destroyed_without_its_host(project: Project) -> None:
    project.take_host_away()
    project.pulumi("destroy", "--yes", "--skip-preview")
    left: dict[str, Any] = json.loads(project.pulumi("stack", "export"))
    assert not left["deployment"].get("resources")
