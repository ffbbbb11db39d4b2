"""An SSH host for tests: asyncssh over a home folder, on a free loopback port."""

import asyncio
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import asyncssh

USER = "shoreline"


@dataclass
class SshHost:
    """A running host. `accepted`: the variables it takes from clients; `folders` are first on PATH."""

    home: Path
    client_key: str
    host_key: str
    port: int = 0
    accepted: frozenset[str] = frozenset()
    folders: tuple[Path, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)

    @property
    def connection(self) -> dict[str, Any]:
        """The `connection` property of a resource."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "user": USER,
            "privateKey": self.client_key,
            "hostKey": self.host_key,
            "dialErrorLimit": 1,
            "perDialTimeout": 3,
        }

    def environ(self, sent: Mapping[str, str]) -> dict[str, str]:
        path = os.pathsep.join([*map(str, self.folders), os.environ["PATH"]])
        taken = {name: value for name, value in sent.items() if name in self.accepted}
        return {"HOME": str(self.home), "PATH": path, **self.environment, **taken}


def new_key() -> asyncssh.SSHKey:
    return asyncssh.generate_private_key("ssh-ed25519")


def private_text(key: asyncssh.SSHKey) -> str:
    return key.export_private_key().decode()


def public_text(key: asyncssh.SSHKey) -> str:
    return key.export_public_key().decode().strip()


@contextmanager
def ssh_host(home: Path) -> Iterator[SshHost]:
    """A host whose user's home is `home`, with keys of its own."""
    client, server = new_key(), new_key()
    host = SshHost(home, private_text(client), public_text(server))
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever)
    thread.start()
    try:
        acceptor = asyncio.run_coroutine_threadsafe(_listen(host, client, server), loop).result(20)
        host.port = acceptor.get_port()
        try:
            yield host
        finally:
            asyncio.run_coroutine_threadsafe(_close(acceptor), loop).result(20)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _listen(host: SshHost, client: asyncssh.SSHKey, server: asyncssh.SSHKey) -> asyncssh.SSHAcceptor:
    async def serve(process: asyncssh.SSHServerProcess[bytes]) -> None:
        command = process.command or "exit 0"
        host.commands.append(command)
        child = await asyncio.create_subprocess_exec(
            "/bin/sh", "-c", command, cwd=host.home, env=host.environ(process.env),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert child.stdin and child.stdout and child.stderr
        feeding = asyncio.create_task(_feed(process.stdin, child.stdin))
        await asyncio.gather(_pump(child.stdout, process.stdout), _pump(child.stderr, process.stderr))
        status = await child.wait()
        feeding.cancel()
        if status < 0:
            process.exit_with_signal(signal.Signals(-status).name.removeprefix("SIG"))
        else:
            process.exit(status)

    def files(channel: asyncssh.SSHServerChannel[bytes]) -> asyncssh.SFTPServer:
        return asyncssh.SFTPServer(channel, chroot=os.fsencode(host.home))

    return await asyncssh.listen(
        "127.0.0.1",
        0,
        server_host_keys=[server],
        authorized_client_keys=asyncssh.import_authorized_keys(public_text(client)),
        process_factory=serve,
        sftp_factory=files,
        encoding=None,
    )


async def _pump(source: Any, target: Any) -> None:
    with suppress(ConnectionError):
        while data := await source.read(1 << 16):
            target.write(data)
            await target.drain()


async def _feed(source: Any, target: asyncio.StreamWriter) -> None:
    await _pump(source, target)
    target.close()


async def _close(acceptor: asyncssh.SSHAcceptor) -> None:
    acceptor.close()
    await acceptor.wait_closed()
