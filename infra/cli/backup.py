"""`make backup` and `make restore`: the database, and every server's files, in a folder on this machine.

The database is dumped first: a file that comes after that is one too many, which the clean-up removes.
"""

import argparse
import asyncio
from datetime import UTC, datetime
from pathlib import Path

import asyncssh

from infra.cli.remote import Remote
from infra.cli.steps import say, step
from infra.errors import UserError
from infra.paths import ROOT

BACKUPS = ROOT / "backups"
"""Not in .shoreline, which `make destroy` removes."""
DATABASE = "database.sql"
PART = ".part"

DUMP = "cd shoreline/current && exec python/bin/python -B -m services.jobs.dump"
PACK = "mkdir -p shoreline/files && exec tar -C shoreline -cf - files"
UNPACK = "exec tar -C shoreline -xf -"
UNITS = "cd .config/systemd/user && systemctl --user {} " + " ".join(
    f"shoreline-{name}@*.service" for name in ("api", "realtime", "jobs")
)


def backup() -> None:
    """Raises UserError; a backup that broke off keeps the ending `.part`."""
    folder = BACKUPS / f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}{PART}"
    folder.mkdir(parents=True, mode=0o700)
    asyncio.run(_backup(Remote.all(), folder))
    done = folder.rename(folder.with_suffix(""))
    say(f"kept in {done}: it holds what people wrote, so keep it as safe as the database")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=Path, help="the backup")


def run(given: argparse.Namespace) -> None:
    """Puts a backup in place of what the stack has. Raises UserError."""
    remotes = Remote.all()
    needed = [DATABASE, *(_archive(each) for each in remotes)]
    missing = [name for name in needed if not (given.folder / name).is_file()]
    if missing:
        remedy = "Name a folder that `make backup` has made for these servers"
        raise UserError(str(given.folder), f"holds no {missing[0]}", remedy)
    asyncio.run(_restore(remotes, given.folder))


async def _backup(remotes: list[Remote], folder: Path) -> None:
    with step("the database"):
        await _receive(remotes[0], DUMP, folder / DATABASE)
    for remote in remotes:
        with step(f"the files of {remote.server.name}"):
            await _receive(remote, PACK, folder / _archive(remote))


async def _restore(remotes: list[Remote], folder: Path) -> None:
    for remote in remotes:
        await _do(remote, UNITS.format("stop"))
    try:
        for remote in remotes:
            with step(f"the files of {remote.server.name}"):
                await _do(remote, UNPACK, folder / _archive(remote))
        with step("the database"):
            await _do(remotes[0], f"{DUMP} restore", folder / DATABASE)
    finally:
        for remote in remotes:
            await _do(remote, UNITS.format("start"))


async def _receive(remote: Remote, command: str, target: Path) -> None:
    with target.open("wb") as file:
        await _do(remote, command, to=file)


async def _do(remote: Remote, command: str, given: Path | None = None, to: object = asyncssh.DEVNULL) -> None:
    async with remote.connected() as connection:
        source = asyncssh.DEVNULL if given is None else str(given)
        done = await connection.run(command, stdin=source, stdout=to, encoding=None)
    if done.exit_status != 0:
        error = done.stderr if isinstance(done.stderr, bytes) else b""
        said = error.decode(errors="replace").strip()
        raise UserError(f"{remote.server.name}: {command}", said, "Mend the cause and run the command again")


def _archive(remote: Remote) -> str:
    return f"{remote.server.name}.tar"
