"""The units of a release: their text, and what systemd itself and the local supervisor say of them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.components.release import Release
from infra.components.units import SERVICES, render, render_proxy, render_tunnel
from infra.paths import SERVICES as CODE
from services import settings
from services.host import systemd
from tests.support.machine import needs

MISSING = "is missing. Set it in the service's environment file in the release"


def test_a_services_unit_is_this_text() -> None:
    assert (
        render(SERVICES[2])
        == """\
[Unit]
Description=Shoreline's jobs: background and scheduled work
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory=%h/shoreline/releases/%i
EnvironmentFile=%h/shoreline/releases/%i/environment/jobs
Environment=PYTHONUNBUFFERED=1
ExecStart=%h/shoreline/releases/%i/python/bin/python -m services.jobs
Restart=always
RestartSec=1
TimeoutStopSec=30
MemoryMax=768M
UMask=0077
LimitNOFILE=16384
TasksMax=256
NoNewPrivileges=yes
PrivateUsers=yes
PrivateTmp=yes
ProtectSystem=strict
ProtectHome=read-only
ProtectControlGroups=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
ReadWritePaths=%h/shoreline/releases/%i/run
ReadWritePaths=%h/shoreline/files

[Install]
WantedBy=default.target
"""
    )


def test_each_service_asks_for_what_it_needs_only() -> None:
    assert [service.name for service in SERVICES] == list(settings.SERVICES) == list(systemd.SERVICES)
    every = {"REDIS_URL", "SERVER_NAME", "RELEASE"}
    database = {"DATABASE_ORIGIN", "DATABASE_HOST", "DATABASE_TOKEN"}
    front = {*every, "EDGE_KEYS", "SESSION_KEYS", "PUBLIC_URL"}
    assert {name: missing(kind) for name, kind in settings.SERVICES.items()} == {
        "api": front | database,
        "realtime": {*every, *database, "EDGE_KEYS"},
        "jobs": {*every, *database, "PUBLIC_URL"},
        "front": front,
    }


def missing(kind: type[settings.Settings]) -> set[str]:
    """The settings whose absence is told."""
    with pytest.raises(settings.SettingsError) as told:
        settings.load(kind, {})
    return {line.removesuffix(f": {MISSING}") for line in str(told.value).splitlines()}


def test_the_tunnels_token_is_in_no_command_line() -> None:
    unit = render_tunnel()
    assert "ExecStart=/usr/bin/env cloudflared tunnel --no-autoupdate run\n" in unit
    assert "EnvironmentFile=%h/shoreline/tunnel.environment\n" in unit


def test_the_proxys_unit_starts_the_releases_own_caddy() -> None:
    folder = "%h/shoreline/releases/%i"
    start = f"ExecStart={folder}/python/bin/caddy run --config {folder}/services/host/Caddyfile\n"
    assert start in render_proxy()
    assert "Type=notify\nWorkingDirectory=%h/shoreline\n" in render_proxy()


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a user whose release of this tree is in force."""
    release = Release.current(
        CODE / "web" / "public", CODE, tmp_path / "home" / "shoreline" / "releases" / "staged"
    ).folder
    home = release.parents[2]
    (release / "python" / "bin").mkdir(parents=True)
    for program in ("python", "caddy"):
        (release / "python" / "bin" / program).symlink_to(sys.executable)
    (release / "environment").mkdir()
    for service in SERVICES:
        (release / "environment" / service.name).touch()
    for name in ("proxy", "tunnel"):
        (home / "shoreline" / f"{name}.environment").touch()
    installed = home / ".config" / "systemd" / "user"
    installed.mkdir(parents=True)
    for unit in (release / "units").iterdir():
        (installed / unit.name.replace("@.", "@staged.")).write_bytes(unit.read_bytes())
    return home


def verify(home: Path) -> "subprocess.CompletedProcess[str]":
    runtime = home.parent / "runtime"
    runtime.mkdir(exist_ok=True)
    units = sorted((home / ".config" / "systemd" / "user").iterdir())
    return subprocess.run(
        ["systemd-analyze", "--user", "verify", *units],
        env={**os.environ, "HOME": str(home), "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        check=False,
    )


@needs("systemd-analyze")
def test_systemd_accepts_every_unit_of_a_staged_release(home: Path) -> None:
    done = verify(home)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@needs("systemd-analyze")
def test_systemd_would_tell_of_a_wrong_unit(home: Path) -> None:
    unit = home / ".config" / "systemd" / "user" / "shoreline-api@staged.service"
    unit.write_text(unit.read_text().replace("RestrictRealtime", "RestrictRealtimes"))
    assert "RestrictRealtimes" in verify(home).stderr
    (home / "shoreline" / "releases" / "staged" / "python" / "bin" / "python").unlink()
    assert verify(home).returncode != 0
