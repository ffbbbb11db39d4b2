"""One command on a host: its input, its environment, its output."""

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from io import StringIO
from typing import TYPE_CHECKING, Any, Final

from infra.errors import UserError
from infra.toolchain.plugins.command.connection import Connection
from infra.toolchain.plugins.command.ssh import connected

if TYPE_CHECKING:
    from asyncssh import SSHClientConnection

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_SHOWN_BYTES: Final = 1800
"""Of a failed command's output. gRPC clients take 8 kB of status, in which a byte may become three."""
_SHOWN_COMMAND: Final = 120
_CHUNK: Final = 1 << 16

Say = Callable[[str], None]
"""Takes a line of output as it comes."""


@dataclass(frozen=True)
class Task:
    """`environment` must reach the command; `optional` is tried, as the host may accept no variables.

    `loud`: which of `stdout` and `stderr` are said line by line.
    """

    command: str
    stdin: str = field(default="", repr=False)
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    optional: Mapping[str, str] = field(default_factory=dict, repr=False)
    loud: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Ran:
    """What a command that ended well wrote, without the last line's end."""

    stdout: str
    stderr: str


async def run(connection: Connection, task: Task, say: Say) -> Ran:
    """Runs it to its end. Raises UserError with the end of its output if it fails."""
    import asyncssh

    async with connected(connection) as client:
        await _require(client, connection, task.environment)
        environment = {**task.optional, **task.environment}
        heard: dict[str, StringIO] = {"stdout": StringIO(), "stderr": StringIO()}
        both = StringIO()
        try:
            async with client.create_process(task.command, env=environment, errors="replace") as process:
                await _converse(process, task, heard, both, say)
        except (asyncssh.Error, OSError) as error:
            what = f"the connection was lost while this ran: {_shown(task.command)} ({error})"
            raise UserError(str(connection), what, "Run it again once the host answers.") from None
        if process.exit_status != 0:
            raise _failed(connection, task, _end(process.exit_status, process.exit_signal), both.getvalue())
    return Ran(*(heard[name].getvalue().removesuffix("\n") for name in ("stdout", "stderr")))


async def _converse(process: Any, task: Task, heard: dict[str, StringIO], both: StringIO, say: Say) -> None:
    async def listen(name: str) -> None:
        begun = ""
        while text := await getattr(process, name).read(_CHUNK):
            heard[name].write(text)
            both.write(text)
            if name in task.loud:
                *lines, begun = (begun + text).split("\n")
                for line in lines:
                    say(line)
        if begun:
            say(begun)

    if task.stdin:
        process.stdin.write(task.stdin)
    process.stdin.write_eof()
    await asyncio.gather(listen("stdout"), listen("stderr"))
    await process.wait(check=False)


async def _require(client: "SSHClientConnection", connection: Connection, names: Mapping[str, str]) -> None:
    """Makes sure that the host passes on variables of these names. Raises UserError."""
    strange = sorted(name for name in names if not _NAME.fullmatch(name))
    if strange:
        raise UserError("environment", f"{strange[0]!r} can't name a variable", "Correct the name.")
    if not names:
        return
    probe = f'for name in {" ".join(sorted(names))}; do eval "test \\${{$name+set}}" || echo $name; done'
    answer = await client.run(probe, env=dict(names), check=False)
    refused = str(answer.stdout or "").split()
    if refused:
        what = f"the host does not accept the variable {refused[0]}"
        remedy = "Let its SSH server accept it (AcceptEnv), or pass the value by `stdin`."
        raise UserError(str(connection), what, remedy)


def _failed(connection: Connection, task: Task, end: str, output: str) -> UserError:
    end_of_output = output.rstrip().encode()[-_SHOWN_BYTES:].decode(errors="ignore")
    lines = end_of_output.splitlines()
    said = "\n".join(["It said:", *(f"  {line}" for line in lines)]) if lines else "It said nothing."
    what = f"this command {end}: {_shown(task.command)}"
    return UserError(str(connection), what, f"Mend the cause, then run it again. {said}")


def _end(status: int | None, signal: tuple[str, bool, str, str] | None) -> str:
    if signal is not None:
        return f"was ended by signal {signal[0]}"
    return "did not end before the connection did" if status is None else f"failed with exit status {status}"


def _shown(command: str) -> str:
    line = command.strip().split("\n")[0]
    whole = line == command.strip() and len(line) <= _SHOWN_COMMAND
    return line if whole else f"{line[:_SHOWN_COMMAND]}..."
