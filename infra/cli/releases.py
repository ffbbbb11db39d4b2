"""`make releases` and `make rollback`: what was pushed and became of it, and the way back."""

import argparse
import asyncio
import shlex
import sys

from rich.console import Console
from rich.table import Table

from infra.cli.remote import Remote
from infra.delivery.adoption import records, whoever
from infra.delivery.records import Release
from infra.delivery.rollback import PREVIOUS
from infra.errors import UserError

_HOOK = "exec python3 shoreline.git/hooks/pre-receive rollback"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rollback", nargs="?", const=PREVIOUS, help="go back to this one, or to the former")


def run(given: argparse.Namespace) -> None:
    """Raises UserError."""
    remote = Remote.deploying()
    if given.rollback is None:
        show(asyncio.run(_listed(remote)))
    else:
        asyncio.run(_roll_back(remote, given.rollback))


async def _listed(remote: Remote) -> list[Release]:
    async with remote.connected() as connection:
        return await records(connection)


async def _roll_back(remote: Remote, wanted: str) -> None:
    async with remote.connected() as connection:
        async with connection.create_process(f"{_HOOK} {shlex.join([wanted, whoever()])}") as process:
            async for line in process.stdout:
                sys.stdout.write(line)
                sys.stdout.flush()
            done = await process.wait()
        if done.exit_status != 0:
            raise UserError(
                "make rollback", str(done.stderr).strip() or "was refused", "See what it says above"
            )


def show(releases: list[Release]) -> None:
    """Newest first."""
    table = Table(
        "Release", "Commit", "When (UTC)", "Who", "Changed", "Result", "What", box=None, header_style="bold"
    )
    for each in reversed(releases):
        took = sum(each.seconds.values())
        result = f"{each.result} ({each.step})" if each.step else f"{each.result} in {took:.0f} s"
        when = each.began.strftime("%Y-%m-%d %H:%M:%S")
        table.add_row(
            each.id,
            each.commit[:8],
            when,
            each.who,
            ", ".join(each.changed),
            result,
            "\n".join([each.subject, *each.reason.splitlines()[:1]]),
        )
    Console().print(table if releases else "Nothing was pushed yet: git push shoreline main")
