"""The units of a release: their text, and what systemd itself and the local supervisor say of them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from infra.components.release import Release
from infra.components.units import SERVICES, render, render_tunnel
from infra.paths import SERVICES as CODE
from tests.support.machine import needs


def test_a_services_unit_is_this_text() -> None:
    assert (
        render(SERVICES[2])
        == """\
[Unit]
Description=Shoreline's jobs: background and scheduled work
StartLimitIntervalSec=0

[Service]
Type=exec
WorkingDirectory=%h/shoreline/current
EnvironmentFile=%h/shoreline/current/environment
Environment=PYTHONUNBUFFERED=1
ExecStart=%h/shoreline/current/python/bin/python -m services.jobs
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
ReadWritePaths=%h/shoreline/run
ReadWritePaths=%h/shoreline/files

[Install]
WantedBy=default.target
"""
    )


def test_the_tunnels_token_is_in_no_command_line() -> None:
    unit = render_tunnel()
    assert "ExecStart=/usr/bin/env cloudflared tunnel --no-autoupdate run\n" in unit
    assert "EnvironmentFile=%h/shoreline/tunnel.environment\n" in unit


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The home of a user whose release of this tree is in force."""
    release = Release.current(CODE, tmp_path / "home" / "shoreline" / "releases" / "staged").folder
    home = release.parents[2]
    (home / "shoreline" / "current").symlink_to(release)
    (release / "python" / "bin").mkdir(parents=True)
    (release / "python" / "bin" / "python").symlink_to(sys.executable)
    (release / "environment").touch()
    (home / "shoreline" / "tunnel.environment").touch()
    (home / "shoreline" / "run").mkdir()
    shutil.copytree(release / "units", home / ".config" / "systemd" / "user")
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
    unit = home / ".config" / "systemd" / "user" / "shoreline-api.service"
    unit.write_text(unit.read_text().replace("RestrictRealtime", "RestrictRealtimes"))
    assert "RestrictRealtimes" in verify(home).stderr
    (home / "shoreline" / "current" / "python" / "bin" / "python").unlink()
    assert verify(home).returncode != 0
