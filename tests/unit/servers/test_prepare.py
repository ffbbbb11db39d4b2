"""The preparation of a server, on a copy of this machine's /etc; what would reach further is only noted."""

import os
import pwd
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.paths import ROOT
from tests.support.machine import needs

PREPARE = ROOT / "infra" / "servers" / "prepare"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJZ0vLQ4mXn7bT1n3bqg0Q== shoreline"
EMPTY = ("home", "root", "var/mail", "var/log", "usr/share/keyrings")
"""What else it writes to: nothing of this machine is in there while it runs."""

_WITHIN = """set -e
for folder in etc home root var/mail var/log usr/share/keyrings; do mount --bind "$1/$folder" "/$folder"; done
shift
exec "$@"
"""
_FAKE = """#!/bin/sh
echo "$(basename "$0") $*" >> "$FAKES/calls"
case "$(basename "$0") $*" in
  "curl "*) echo "a key" ;;
  "sshd -T") echo "port 2222" ;;
  "sshd -t") test ! -e "$FAKES/sshd-refuses" ;;
  "nft "*) test ! -e "$FAKES/nft-refuses" ;;
esac
"""


def _may_mount() -> bool:
    """Root in some containers may not."""
    trial = ["unshare", "--mount", "--propagation", "private", "mount", "--bind", "/etc", "/etc"]
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(trial, capture_output=True, check=False).returncode == 0


pytestmark = [
    needs("unshare"),
    needs("useradd"),
    pytest.mark.skipif(not _may_mount(), reason="makes a user, with mounts of its own: root may not here"),
]


@dataclass(frozen=True)
class Host:
    """A server of which only the files are there."""

    folder: Path

    @property
    def fakes(self) -> Path:
        return self.folder / "fakes"

    def prepare(self, key: str = KEY, *pushers: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        environment = {
            "PATH": f"{self.fakes}:/usr/sbin:/usr/bin:/sbin:/bin",
            "FAKES": str(self.fakes),
            "SUDO_USER": "debian",
            **variables,
        }
        unshare = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _WITHIN, "sh"]
        return subprocess.run(
            [*unshare, self.folder, "bash", "-s", "--", key, *pushers],
            input=PREPARE.read_text("utf-8"),
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def read(self, path: str) -> str:
        return (self.folder / path).read_text("utf-8")

    @property
    def calls(self) -> list[str]:
        return self.read("fakes/calls").splitlines()

    def files(self) -> dict[str, tuple[int, int, bytes]]:
        """What there is: mode, owner, content."""
        found = {}
        for top in ("etc", *EMPTY):
            for path in (self.folder / top).rglob("*"):
                if path.is_file() and not path.is_symlink():
                    stat = path.stat()
                    found[str(path)] = (stat.st_mode, stat.st_uid, path.read_bytes())
        return found


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = Host(tmp_path)
    subprocess.run(["cp", "-a", "/etc", tmp_path / "etc"], check=True)
    for name in EMPTY:
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "etc" / "os-release").unlink()
    (tmp_path / "etc" / "os-release").write_text('ID=debian\nVERSION_ID="12"\n')
    (tmp_path / "etc" / "ssh").mkdir(exist_ok=True)
    (tmp_path / "etc" / "ssh" / "sshd_config").write_text("Include /etc/ssh/sshd_config.d/*.conf\n")
    host.fakes.mkdir()
    for name in ("apt-get", "curl", "loginctl", "nft", "sshd", "systemctl"):
        (host.fakes / name).write_text(_FAKE)
        (host.fakes / name).chmod(0o755)
    return host


def test_a_new_server_gets_a_user_without_a_password_and_no_port_but_sshs(host: Host) -> None:
    done = host.prepare()
    assert (done.returncode, done.stderr) == (0, "")
    [entry] = [line for line in host.read("etc/passwd").splitlines() if line.startswith("shoreline:")]
    [shadow] = [line for line in host.read("etc/shadow").splitlines() if line.startswith("shoreline:")]
    assert shadow.split(":")[1].startswith("!")
    home = host.folder / "home" / "shoreline"
    authorized = home / ".ssh" / "authorized_keys"
    assert authorized.read_text() == f"{KEY}\n"
    assert [oct(each.stat().st_mode & 0o777) for each in (home, authorized.parent, authorized)] == [
        "0o700",
        "0o700",
        "0o600",
    ]
    assert {each.stat().st_uid for each in (home, authorized.parent, authorized)} == {
        int(entry.split(":")[2])
    }
    assert "tcp dport { 2222 } accept" in host.read("etc/nftables.conf")
    assert "PasswordAuthentication no" in host.read("etc/ssh/sshd_config.d/00-shoreline.conf")
    assert "loginctl enable-linger shoreline" in host.calls
    assert host.calls.index("sshd -t") < host.calls.index("systemctl reload ssh")
    assert host.calls.index("nft --check --file /etc/nftables.conf") < host.calls.index(
        "systemctl reload nftables"
    )
    with pytest.raises(KeyError):
        pwd.getpwnam("shoreline")


def test_a_second_time_changes_nothing_and_another_key_is_the_only_one(host: Host) -> None:
    assert host.prepare().returncode == 0
    before, calls = host.files(), host.calls
    assert host.prepare().returncode == 0
    assert host.files() == {
        **before,
        **{name: host.files()[name] for name in host.files() if "backup" in name},
    }
    assert host.calls == calls * 2
    other = KEY.replace("AAAAC3", "AAAAD3")
    assert host.prepare(other).returncode == 0
    assert host.read("home/shoreline/.ssh/authorized_keys") == f"{other}\n"


def test_what_deploys_is_another_users_and_who_pushes_can_do_nothing_but_push(host: Host) -> None:
    pusher = KEY.replace("AAAAC3", "AAAAE3")
    done = host.prepare(KEY, pusher)
    assert (done.returncode, done.stderr) == (0, "")
    home = host.folder / "home" / "shoreline-deploy"
    restricted = f'restrict,command="git-shell -c \\"$SSH_ORIGINAL_COMMAND\\"" {pusher}'
    assert (home / ".ssh" / "authorized_keys").read_text().splitlines() == [KEY, restricted]
    assert home.stat().st_mode & 0o777 == 0o700
    assert home.stat().st_uid != (host.folder / "home" / "shoreline").stat().st_uid
    assert host.read("home/shoreline/.ssh/authorized_keys") == f"{KEY}\n"


def test_a_pushers_argument_that_is_no_key_is_told_before_anything_is_done(host: Host) -> None:
    assert "must be the one line of a public key" in host.prepare(KEY, "id_ed25519.pub").stderr
    assert not (host.fakes / "calls").exists()


@pytest.mark.parametrize(
    ("key", "release", "sudo", "told"),
    [
        ("", "debian 12", "debian", "must be the one line of a public key"),
        (f"{KEY}\n{KEY}", "debian 12", "debian", "must be the one line of a public key"),
        (f'command="sh" {KEY}', "debian 12", "debian", "must be the one line of a public key"),
        (KEY, "ubuntu 24.04", "debian", "neither Debian 12 nor 13"),
        (KEY, "debian 12", "", "root has no key yet, and would be locked out"),
    ],
)
def test_what_would_go_wrong_is_told_before_anything_is_done(
    host: Host, key: str, release: str, sudo: str, told: str
) -> None:
    name, version = release.split()
    (host.folder / "etc" / "os-release").write_text(f"ID={name}\nVERSION_ID={version}\n")
    before = host.files()
    done = host.prepare(key, SUDO_USER=sudo)
    assert done.returncode == 1 and told in done.stderr
    assert host.files() == before and not (host.fakes / "calls").exists()


def test_a_configuration_that_sshd_refuses_is_taken_away_again(host: Host) -> None:
    (host.fakes / "sshd-refuses").touch()
    assert "sshd refuses its configuration" in host.prepare().stderr
    assert not (host.folder / "etc" / "ssh" / "sshd_config.d" / "00-shoreline.conf").exists()
    assert "systemctl reload ssh" not in host.calls


def test_rules_that_nft_refuses_are_never_in_force(host: Host) -> None:
    (host.fakes / "nft-refuses").touch()
    assert "nft refuses /etc/nftables.conf" in host.prepare().stderr
    assert "systemctl reload nftables" not in host.calls


@needs("apt-config")
def test_apt_reads_what_is_upgraded(host: Host) -> None:
    assert host.prepare().returncode == 0
    conf = host.folder / "etc" / "apt" / "apt.conf.d" / "52shoreline"
    read = subprocess.run(
        ["apt-config", "--config-file", conf, "dump"], capture_output=True, text=True, check=True
    ).stdout
    assert 'APT::Periodic::Unattended-Upgrade "1";' in read
    assert 'Unattended-Upgrade::Origins-Pattern:: "site=pkg.cloudflare.com";' in read
