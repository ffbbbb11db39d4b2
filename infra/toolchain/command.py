"""The commands of `python3 -m infra.toolchain`. They need Python's standard library only."""

from __future__ import annotations

import os
import sys

from infra.errors import UserError
from infra.paths import ROOT, STATE
from infra.toolchain.cache import cache_folder
from infra.toolchain.environment import shell_exports, tool_environment
from infra.toolchain.setup import Setup
from infra.toolchain.steps import default_steps, ensure

USAGE = """usage: python3 -m infra.toolchain COMMAND
  ensure [--retry]   set up all tools; --retry tries downloads again that failed within the last day
  exec -- CMD...     set up what is missing, then run CMD in the tool environment
  env                start the local cloud and print the tool environment for a shell's eval
  lock               resolve all dependencies anew and write the lock files"""


def main(arguments: list[str]) -> int:
    """Run one command; returns the exit code."""
    setup = Setup(root=ROOT, cache=cache_folder(os.environ), environ=os.environ, retry="--retry" in arguments)
    try:
        match arguments:
            case ["ensure"] | ["ensure", "--retry"]:
                # Looks for an official engine and official plugins again, which a later day may have.
                ensure(setup, default_steps(), again=frozenset({"pulumi", "plugins"}))
            case ["exec", "--", command, *rest]:
                return execute(setup, [command, *rest])
            case ["env"]:
                return print_environment(setup)
            case ["lock"]:
                from infra.toolchain.locks import lock

                ensure(setup, default_steps()[:3])
                lock(setup)
            case _:
                print(USAGE, file=sys.stderr)
                return 2
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def execute(setup: Setup, command: list[str]) -> int:
    """Become `command` in the tool environment."""
    prepare(setup)
    environment = tool_environment(os.environ)
    try:
        os.execvpe(command[0], command, environment)  # noqa: S606 - it replaces this process
    except OSError as error:
        raise UserError(
            command[0], f"cannot be run: {error.strerror}", "See that it is spelled right."
        ) from None


def print_environment(setup: Setup) -> int:
    """Start the local cloud where it isn't running; print the exports, and nothing else, on stdout."""
    import subprocess

    prepare(setup)
    environment = tool_environment(os.environ)
    up = [str(setup.venv / "bin" / "python"), "-m", "infra.localcloud", "up"]
    code = subprocess.run(up, cwd=ROOT, env=environment, stdout=sys.stderr, check=False).returncode
    if code == 0:
        sys.stdout.write(shell_exports(os.environ))
    return code


def prepare(setup: Setup) -> None:
    """Set up what is missing, and the state's folder, which the engine does not make."""
    ensure(setup, default_steps())
    STATE.mkdir(parents=True, exist_ok=True)
