"""The SSH side of a local server: commands, SFTP and SCP for one user with one key."""

import asyncio
import contextlib
import itertools
import logging
import os
import signal
import socket
import struct
from pathlib import Path
from typing import Any

import asyncssh
import psutil

from infra.localcloud.accounts import ServersAccount
from infra.localcloud.endpoints import Address
from infra.localcloud.process import die_with
from infra.localcloud.server import members
from infra.localcloud.server.layout import Layout

log = logging.getLogger(__name__)

LOGIN_SECONDS = 20
KEEPALIVE_SECONDS = 15
CHUNK = 64 * 1024
HANG_UP_SECONDS = 1.0
ACCEPTED_VARIABLES = ("LANG", "LC_")
"""What a client may set, as Debian's sshd has it (AcceptEnv LANG LC_*, sshd_config(5), OpenSSH 9.2)."""
TCP_TABLE = Path("/proc/net/tcp")


class SshServer:
    """Listens on `address`; commands run by `sh -c` in the login user's home."""

    def __init__(self, layout: Layout, address: Address, account: ServersAccount) -> None:
        self._layout, self._address, self._account = layout, address, account
        self._acceptor: asyncssh.SSHAcceptor | None = None
        self._numbers = itertools.count(1)

    async def start(self) -> None:
        """Raises OSError if the address is taken. The working directory becomes the user's home."""
        os.chdir(self._layout.home)  # what SFTP's relative paths start from
        key = asyncssh.import_public_key(self._account.client_public_key)
        self._acceptor = await asyncssh.listen(
            self._address.host,
            self._address.port,
            server_factory=lambda: _Door(self._layout.user, key),
            server_host_keys=[asyncssh.import_private_key(self._account.host_key)],
            process_factory=self._serve,
            sftp_factory=_Files,
            allow_scp=True,
            encoding=None,
            line_editor=False,
            allow_pty=False,
            agent_forwarding=False,
            x11_forwarding=False,
            host_based_auth=False,
            password_auth=False,
            kbdint_auth=False,
            gss_host=None,
            login_timeout=LOGIN_SECONDS,
            keepalive_interval=KEEPALIVE_SECONDS,
        )

    async def stop(self) -> None:
        if self._acceptor is not None:
            self._acceptor.close()

    async def _serve(self, process: asyncssh.SSHServerProcess[bytes]) -> None:
        session = f"{os.getpid()}-{next(self._numbers)}"
        child = await asyncio.create_subprocess_exec(
            "/bin/sh",
            *(("-c", process.command) if process.command else ()),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self._layout.home,
            env={**self._layout.environment(), **_sent(process), "XDG_SESSION_ID": session},
            umask=0o022,
            start_new_session=True,
            preexec_fn=die_with(os.getpid()),
        )
        feeding = asyncio.create_task(_feed(process, child))
        ending = asyncio.create_task(_relay(process, child))
        closed = asyncio.create_task(process.channel.wait_closed())
        try:
            await asyncio.wait([ending, closed], return_when="FIRST_COMPLETED")
            if ending.done() and ending.exception() is None:
                _exit(process, ending.result())
            else:
                await _hang_up(child, session)
        finally:
            for task in (feeding, ending, closed):
                task.cancel()
            await asyncio.wait([feeding, ending, closed])


class _Files(asyncssh.SFTPServer):
    """Ends with a status, as sftp-server does: OpenSSH's scp takes its absence for a failure."""

    def exit(self) -> None:
        self.channel.exit(0)


class _Door(asyncssh.SSHServer):
    """Lets in who holds the key, is called as the user, and runs on this machine as who runs the local cloud.

    The key is public, so it is the machine's word on the connection's owner that keeps other users out.
    """

    def __init__(self, user: str, key: asyncssh.SSHKey) -> None:
        self._user, self._key = user, key

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        peer, own = conn.get_extra_info("peername"), conn.get_extra_info("sockname")
        user = owner(peer, own)
        if user not in (None, 0, os.getuid()):
            log.warning("a connection of the user %d of this machine is refused", user)
            conn.abort()

    def begin_auth(self, username: str) -> bool:
        return True

    def public_key_auth_supported(self) -> bool:
        return True

    def validate_public_key(self, username: str, key: asyncssh.SSHKey) -> bool:
        return username == self._user and key == self._key


def _sent(process: asyncssh.SSHServerProcess[bytes]) -> dict[str, str]:
    return {name: value for name, value in process.env.items() if name.startswith(ACCEPTED_VARIABLES)}


async def _feed(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> None:
    """The client's input and signals to the command, until its input ends."""
    assert child.stdin is not None
    with contextlib.suppress(ConnectionError, asyncssh.Error):
        while True:
            try:
                chunk = await process.stdin.read(CHUNK)
            except asyncssh.SignalReceived as received:
                _signal(child, received.signal)
                continue
            except (asyncssh.BreakReceived, asyncssh.TerminalSizeChanged):
                continue
            if not chunk:
                break
            child.stdin.write(chunk)
            await child.stdin.drain()
    child.stdin.close()


async def _relay(process: asyncssh.SSHServerProcess[bytes], child: asyncio.subprocess.Process) -> int:
    """The command's output to the client; returns the command's status once both streams have ended."""

    async def copy(source: asyncio.StreamReader | None, target: Any) -> None:
        assert source is not None
        while chunk := await source.read(CHUNK):
            target.write(chunk)
            await target.drain()

    await asyncio.gather(copy(child.stdout, process.stdout), copy(child.stderr, process.stderr))
    return await child.wait()


def _signal(child: asyncio.subprocess.Process, name: str) -> None:
    number = getattr(signal, f"SIG{name}", None)
    if number is not None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)


def _exit(process: asyncssh.SSHServerProcess[bytes], code: int) -> None:
    if code >= 0:
        process.exit(code)
    else:
        process.exit_with_signal(signal.Signals(-code).name.removeprefix("SIG"))


async def _hang_up(child: asyncio.subprocess.Process, session: str) -> None:
    """End a command whose connection is gone, and all that it started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGHUP)
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(child.wait(), HANG_UP_SECONDS)
    for process in members.of_session(child.pid, "XDG_SESSION_ID", session):
        with contextlib.suppress(psutil.Error):
            process.kill()
    await child.wait()


def owner(peer: tuple[str, int], own: tuple[str, int]) -> int | None:
    """User id behind a loopback connection (proc(5), /proc/net/tcp); None where the system doesn't tell."""
    if not TCP_TABLE.exists() or ":" in peer[0]:
        return None
    wanted = [_hexadecimal(*peer[:2]), _hexadecimal(*own[:2])]
    for line in TCP_TABLE.read_text().splitlines()[1:]:
        fields = line.split()
        if fields[1:3] == wanted:
            return int(fields[7])
    return -1


def _hexadecimal(host: str, port: int) -> str:
    (number,) = struct.unpack("=I", socket.inet_aton(host))
    return f"{number:08X}:{port:04X}"
