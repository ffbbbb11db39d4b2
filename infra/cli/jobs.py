"""`make jobs`: the dead jobs of the stack, and another try for them, by the first server over SSH."""

import argparse
import asyncio
import json
import shlex
import sys

import asyncssh

from infra.cli import engine
from infra.errors import UserError
from infra.providers.running import SSH_KEY
from infra.settings import ServerSettings

CONNECT_SECONDS = 10.0
SERVERS = "shoreline:servers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", default=["dead"], help="dead | replay ID... | operator EMAIL")


def run(given: argparse.Namespace) -> None:
    """Raises UserError where the server can't be reached, or says no."""
    config = json.loads(engine.read("config", "--show-secrets", "--json", "--stack", engine.STACK))
    server = ServerSettings.model_validate(json.loads(config[SERVERS]["value"])[0])
    asyncio.run(_run(server, config[SSH_KEY]["value"], given.words or ["dead"]))


def command(words: list[str]) -> str:
    """What is run on the server."""
    return f"cd shoreline/current && python/bin/python -B -m services.jobs.letters {shlex.join(words)}"


async def _run(server: ServerSettings, key: str, words: list[str]) -> None:
    where = f"{SERVERS} {server.name} ({server.host}:{server.port})"
    try:
        async with asyncssh.connect(
            server.host,
            server.port,
            username=server.user,
            client_keys=[asyncssh.import_private_key(key)],
            known_hosts=([asyncssh.import_public_key(server.host_key)], [], []),
            agent_path=None,
            config=None,
            connect_timeout=CONNECT_SECONDS,
        ) as connection:
            done = await connection.run(command(words))
    except (OSError, asyncssh.Error) as error:
        raise UserError(where, str(error), "Start the server, or run `make up`") from None
    sys.stdout.write(str(done.stdout))
    if done.exit_status != 0:
        said = str(done.stderr).strip().removeprefix("error: ")
        raise UserError(f"make jobs on {server.name}", said, "Correct the command: `make jobs DO='dead'`")
