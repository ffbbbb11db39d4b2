"""SSH into a local server with OpenSSH's own client and with asyncssh."""

import asyncio
import os
import signal
import socket
import stat
import subprocess
from pathlib import Path

import asyncssh
import psutil
import pytest

from infra.localcloud.accounts import SERVERS
from infra.localcloud.server.ssh import owner
from tests.localcloud.server.vps import USER, Vps
from tests.support.machine import needs
from tests.support.process import until

NOBODY = 65534


async def connected(vps: Vps) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect(
        "127.0.0.1",
        vps.port,
        username=USER,
        client_keys=[asyncssh.import_private_key(SERVERS.client_key)],
        known_hosts=str(vps.known_hosts),
        config=None,
    )


@needs("ssh")
def test_a_command_runs_in_the_home_with_the_stand_ins_first(vps: Vps) -> None:
    done = vps.ssh(f"pwd; echo $HOME; echo $USER; {_LOCATE}")
    home, programs = str(vps.home), vps.home.parent / "bin"
    expected = [home, home, USER, *(str(programs / name) for name in _PROGRAMS)]
    assert done.stdout.split() == expected


_PROGRAMS = ("systemctl", "cloudflared", "journalctl", "python3")
_LOCATE = "; ".join(f"command -v {name}" for name in _PROGRAMS)


@needs("ssh")
def test_the_environment_is_minimal(vps: Vps) -> None:
    names = {line.partition("=")[0] for line in vps.ssh("env").stdout.splitlines()}
    allowed = {"HOME", "LOGNAME", "PATH", "PWD", "SHELL", "USER", "XDG_RUNTIME_DIR", "XDG_SESSION_ID", "_"}
    assert names - allowed <= {
        "LANG",
        "LC_ALL",
        "TZ",
        "SSL_CERT_FILE",
        "TMPDIR",
        "SHLVL",
        "OLDPWD",
        "UV_CACHE_DIR",
    }


@needs("ssh")
@pytest.mark.parametrize("code", [0, 1, 7, 255])
def test_exit_codes_pass(vps: Vps, code: int) -> None:
    assert vps.ssh(f"exit {code}").returncode == code


@needs("ssh")
def test_streams_are_apart_and_binary_input_passes_whole(vps: Vps) -> None:
    content = bytes(range(256)) * 4096
    script = "cat | sha256sum; echo problem >&2"
    done = vps.ssh(script, content)
    local = subprocess.run(["sha256sum"], input=content, capture_output=True, check=True).stdout.decode()
    assert (done.stdout, done.stderr) == (local, "problem\n")


@needs("ssh")
def test_python3_there_makes_environments(vps: Vps) -> None:
    done = vps.ssh("python3 -m venv --without-pip env && env/bin/python -c 'import sys; print(sys.prefix)'")
    assert done.stdout.strip() == str(vps.home / "env"), done.stderr


@needs("ssh")
def test_another_key_user_or_host_key_is_refused(vps: Vps, tmp_path: Path) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    wrong_key = tmp_path / "wrong"
    other.write_private_key(str(wrong_key))
    wrong_key.chmod(0o600)
    argv = [str(wrong_key) if word == str(vps.key) else word for word in vps.ssh_argv()]
    assert "Permission denied (publickey)" in _failure([*argv, "true"])
    stranger = [word.replace(f"{USER}@", "root@") for word in vps.ssh_argv()]
    assert "Permission denied (publickey)" in _failure([*stranger, "true"])
    pinned = tmp_path / "hosts"
    public = other.export_public_key().decode()
    pinned.write_text(f"[127.0.0.1]:{vps.port} {public}")
    unpinned = [word.replace(str(vps.known_hosts), str(pinned)) for word in vps.ssh_argv()]
    assert "Host key verification failed" in _failure([*unpinned, "true"])


def _failure(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 255
    return done.stderr


@needs("ssh")
def test_passwords_and_forwarding_are_refused(vps: Vps) -> None:
    argv = vps.ssh_argv(
        "-o", "PubkeyAuthentication=no", "-o", "PreferredAuthentications=password,keyboard-interactive"
    )
    assert "Permission denied (publickey)" in _failure([*argv, "true"])
    forwarding = vps.ssh_argv("-o", "ExitOnForwardFailure=yes", "-N", "-R", "0:127.0.0.1:1")
    assert "remote port forwarding failed" in _failure(forwarding)


@needs("ssh")
@pytest.mark.parametrize("legacy", [(), ("-O",)])
def test_scp_copies_relative_to_the_home_with_modes(
    vps: Vps, tmp_path: Path, legacy: tuple[str, ...]
) -> None:
    source = tmp_path / "release"
    (source / "inner").mkdir(parents=True)
    (source / "inner" / "run").write_text("#!/bin/sh\necho it runs\n")
    (source / "inner" / "run").chmod(0o750)
    target = f"scp{len(legacy)}"
    argv = ["scp", *legacy, *vps.ssh_options(), "-P", str(vps.port), "-pr"]
    argv += [str(source), f"{USER}@127.0.0.1:{target}"]
    done = subprocess.run(argv, timeout=60, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    copied = vps.home / target / "inner" / "run"
    assert stat.S_IMODE(copied.stat().st_mode) == 0o750
    assert vps.ssh(f"{target}/inner/run").stdout == "it runs\n"


@needs("ssh")
def test_sftp_of_openssh_reads_writes_and_renames(vps: Vps, tmp_path: Path) -> None:
    local = tmp_path / "there"
    local.write_text("content")
    batch = f"put {local} a\nrename a b\nln -s b current\nget current {tmp_path}/back\npwd\n"
    argv = ["sftp", *vps.ssh_options(), "-P", str(vps.port), "-b", "-", f"{USER}@127.0.0.1"]
    done = subprocess.run(argv, input=batch, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "back").read_text() == "content"
    assert str(vps.home) in done.stdout


@needs("ssh")
def test_a_command_and_its_children_die_with_the_connection(vps: Vps) -> None:
    with subprocess.Popen(
        [*vps.ssh_argv(), "trap '' HUP; setsid sleep 731 & sleep 732"],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    ) as client:
        until(lambda: len(_sleepers(vps, "731", "732")) == 2)
        client.send_signal(signal.SIGKILL)
    until(lambda: not _sleepers(vps, "731", "732"))


def _sleepers(vps: Vps, *seconds: str) -> list[psutil.Process]:
    wanted = [["sleep", each] for each in seconds]
    return [process for process in vps.inside() if _command(process) in wanted]


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:
        return []


async def test_asyncssh_runs_commands_and_gets_exit_signals(vps: Vps) -> None:
    async with await connected(vps) as connection:
        done = await connection.run("cat; exit 3", input="given")
        assert (done.stdout, done.exit_status) == ("given", 3)
        killed = await connection.run("kill -TERM $$")
        assert killed.exit_signal is not None
        assert killed.exit_signal[0] == "TERM"


async def test_signals_of_the_client_reach_the_command(vps: Vps) -> None:
    async with await connected(vps) as connection:
        process = await connection.create_process(
            "trap 'echo told; exit 9' USR1; echo ready; while :; do sleep 0.05; done"
        )
        assert await process.stdout.readline() == "ready\n"
        process.send_signal("USR1")
        done = await asyncio.wait_for(process.wait(), 10)
        assert (done.stdout, done.exit_status) == ("told\n", 9)


async def test_many_commands_share_one_connection(vps: Vps) -> None:
    async with await connected(vps) as connection:
        results = await asyncio.gather(*(connection.run(f"echo {number}") for number in range(20)))
    assert [str(result.stdout).strip() for result in results] == [str(number) for number in range(20)]


async def test_sftp_of_asyncssh_keeps_modes(vps: Vps, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s")
    secret.chmod(0o600)
    async with await connected(vps) as connection, connection.start_sftp_client() as sftp:
        await sftp.put(str(secret), "kept", preserve=True)
        assert await sftp.realpath(".") == str(vps.home)
    assert stat.S_IMODE((vps.home / "kept").stat().st_mode) == 0o600


def test_the_owner_of_a_connection_is_known(vps: Vps) -> None:
    with socket.create_connection(("127.0.0.1", vps.port)) as client:
        assert owner(client.getsockname(), client.getpeername()) == os.getuid()
        assert owner(("127.0.0.1", 1), client.getpeername()) == -1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be another user")
def test_another_user_of_the_machine_is_refused_whatever_key_is_held(vps: Vps) -> None:
    assert not _hung_up_on(vps)
    os.seteuid(NOBODY)
    try:
        assert _hung_up_on(vps)
    finally:
        os.seteuid(0)
    log = (vps.cloud.data / "logs" / "vps-1.log").read_text()
    assert f"a connection of the user {NOBODY} of this machine is refused" in log


def _hung_up_on(vps: Vps) -> bool:
    """True if the server ends a connection before it has a word with it."""
    with socket.create_connection(("127.0.0.1", vps.port), 2) as client:
        try:
            client.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")
            while client.recv(4096):
                pass
        except TimeoutError:
            return False
        except ConnectionError:
            return True
    return True
