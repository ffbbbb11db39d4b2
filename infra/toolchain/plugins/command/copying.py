"""Files and folders onto a host by SFTP, with the official plugin's rules of where they end up."""

import asyncio
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from infra.errors import UserError
from infra.toolchain.plugins.command.connection import Connection
from infra.toolchain.plugins.command.sources import Source
from infra.toolchain.plugins.command.ssh import connected

if TYPE_CHECKING:
    from asyncssh import SFTPClient

_AT_ONCE: Final = 16


async def copy(connection: Connection, source: Source, remote_path: str) -> None:
    """Copies; missing parent folders are made, files are overwritten. Raises UserError.

    A folder whose path ends in a slash is copied as its content, another into a folder of its own name; a
    file is copied into a folder that exists, else to the path itself.
    """
    import asyncssh

    async with connected(connection) as client:
        try:
            async with client.start_sftp_client() as sftp:
                await _copy(sftp, source, remote_path)
        except asyncssh.SFTPError as error:
            what = f"{source} can't be copied to {remote_path} ({error.reason.lower()})"
            raise UserError(str(connection), what, "Correct the path, or its rights on the host.") from None
        except asyncssh.Error as error:
            what = f"the connection was lost while {source} was copied ({error})"
            raise UserError(str(connection), what, "Run it again once the host answers.") from None


async def _copy(sftp: "SFTPClient", source: Source, remote_path: str) -> None:
    files = placed(source, remote_path, into_folder=await sftp.isdir(remote_path))
    for folder in sorted({posixpath.dirname(file.target) or "." for file in files}):
        await sftp.makedirs(folder, exist_ok=True)
    turns = asyncio.Semaphore(_AT_ONCE)

    async def send(file: Placed) -> None:
        async with turns, sftp.open(file.target, "wb") as remote:
            await remote.write(file.content)

    await asyncio.gather(*(send(file) for file in files))


@dataclass(frozen=True)
class Placed:
    """A file's content and where it goes on the host."""

    target: str
    content: bytes


def placed(source: Source, remote_path: str, *, into_folder: bool) -> list[Placed]:
    """The files of a source and where they go; `into_folder`: the path is a folder that exists."""
    if source.path is None:
        return [Placed(remote_path, (source.text or "").encode())]
    local = Path(source.path)
    if not local.is_dir():
        return [
            Placed(
                posixpath.join(remote_path, local.name) if into_folder else remote_path, local.read_bytes()
            )
        ]
    top = remote_path if source.path.endswith("/") else posixpath.join(remote_path, local.name)
    files = sorted(path for path in local.rglob("*") if path.is_file())
    return [
        Placed(posixpath.join(top, path.relative_to(local).as_posix()), path.read_bytes()) for path in files
    ]
