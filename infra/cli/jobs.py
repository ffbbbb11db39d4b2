"""`make jobs`: the dead jobs of the stack, and another try for them, by the first server over SSH."""

import argparse
import asyncio
import shlex
import sys

from infra.cli.remote import Remote
from infra.cli.steps import say
from infra.errors import UserError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", default=["dead"], help="dead | replay ID... | operator EMAIL")


def run(given: argparse.Namespace) -> None:
    """Raises UserError where the server can't be reached, or says no."""
    asyncio.run(_run(Remote.all()[0], given.words or ["dead"]))


def command(words: list[str]) -> str:
    """What is run on the server."""
    return f"cd shoreline/current && python/bin/python -B -m services.jobs.letters {shlex.join(words)}"


async def _run(remote: Remote, words: list[str]) -> None:
    async with remote.connected() as connection:
        done = await connection.run(command(words))
    sys.stdout.write(str(done.stdout))
    if words == ["dead"] and done.exit_status == 0 and not done.stdout:
        say("No job is dead.")
    if done.exit_status != 0:
        said = str(done.stderr).strip().removeprefix("error: ")
        raise UserError(
            f"make jobs on {remote.server.name}", said, "Correct the command: `make jobs DO='dead'`"
        )
