"""The Pulumi CLI for one stack. The environment that `make env` prints is taken as given."""

import json
import os
import subprocess
from typing import Any

from infra.errors import UserError
from infra.paths import ROOT


class EngineFailed(Exception):
    """A Pulumi command ended with an error that it has already shown."""

    def __init__(self, command: str, code: int) -> None:
        super().__init__(f"`pulumi {command}` ended with exit code {code}")
        self.code = code


def run(*arguments: str) -> None:
    """Runs `pulumi ARGUMENTS` in this terminal. Raises EngineFailed."""
    with subprocess.Popen(["pulumi", *arguments, "--non-interactive"], cwd=ROOT) as process:
        code = _awaited(process)
    if code != 0:
        raise EngineFailed(arguments[0], code)


def _awaited(process: "subprocess.Popen[bytes]") -> int:
    """The exit code. Ctrl-C interrupts the engine too: it ends what it has begun, and is waited for."""
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def read(*arguments: str, stdin: str | None = None) -> str:
    """The standard output of `pulumi ARGUMENTS`. Raises UserError with what the CLI said otherwise."""
    done = attempt(*arguments, stdin=stdin)
    if done.returncode != 0:
        said = done.stderr.strip().removeprefix("error: ")
        raise UserError(
            f"pulumi {' '.join(arguments[:2])}", said, "Mend what it names and run the command again"
        )
    return done.stdout


def attempt(*arguments: str, stdin: str | None = None) -> "subprocess.CompletedProcess[str]":
    """What `pulumi ARGUMENTS` said, and how it ended."""
    return subprocess.run(
        ["pulumi", *arguments, "--non-interactive"],
        cwd=ROOT,
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


def export() -> dict[str, Any]:
    """The stack's deployment, secrets encrypted (Pulumi's `stack export`, version 3)."""
    exported: dict[str, Any] = json.loads(read("stack", "export"))
    return exported


def config() -> dict[str, str]:
    """The stack's settings, secrets decrypted; structured ones are JSON. Raises UserError."""
    read_out: dict[str, dict[str, str]] = json.loads(read("config", "--show-secrets", "--json"))
    return {name: setting["value"] for name, setting in read_out.items()}


def stack() -> str:
    """The name of the stack in use."""
    return os.environ["PULUMI_STACK"]


def stack_exists() -> bool:
    stacks: list[dict[str, Any]] = json.loads(read("stack", "ls", "--json"))
    return any(each["name"].rsplit("/", 1)[-1] == stack() for each in stacks)


def backend() -> str:
    """The URL of the state backend."""
    return os.environ["PULUMI_BACKEND_URL"]
