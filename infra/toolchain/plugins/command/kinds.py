"""The resource types: their properties, and what creation, update and deletion do.

As in provider/pkg/provider/remote of pulumi/pulumi-command 1.2 (2026-11-23).
"""

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from infra.toolchain.plugins.answers import Failure
from infra.toolchain.plugins.command.connection import Connection, connection_problems
from infra.toolchain.plugins.command.copying import copy
from infra.toolchain.plugins.command.running import Say, Task, run
from infra.toolchain.plugins.command.sources import Source, source_problems
from infra.toolchain.plugins.values import UNKNOWN, Values

_LOUD: Final = {
    "stdout": frozenset({"stdout"}),
    "stderr": frozenset({"stderr"}),
    "stdoutAndStderr": frozenset({"stdout", "stderr"}),
    "none": frozenset[str](),
}


@dataclass(frozen=True)
class Kind:
    """One resource type.

    replaces: inputs whose change needs a new resource. reveals: inputs whose secrecy the outputs share.
    problems(inputs): what can't be right. identify(name): a new resource's ID.
    create(inputs, say), update(state, inputs, say): the outputs; delete(state, say). All raise UserError.
    """

    token: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    computed: tuple[str, ...]
    replaces: frozenset[str]
    reveals: frozenset[str]
    problems: Callable[[Values], list[Failure]]
    identify: Callable[[str], str]
    create: Callable[[Values, Say], Values]
    update: Callable[[Values, Values, Say], Values]
    delete: Callable[[Values, Say], None]

    @property
    def inputs(self) -> tuple[str, ...]:
        return (*self.required, *self.optional)

    def previewed(self, inputs: Values) -> Values:
        """The outputs as far as they are known before anything is done."""
        return {**inputs, **dict.fromkeys(self.computed, UNKNOWN)}


def _identify(name: str) -> str:
    return f"{name}{secrets.token_hex(4)}"


# remote.Command


def _command_problems(inputs: Values) -> list[Failure]:
    problems = connection_problems(inputs.get("connection"))
    logging = inputs.get("logging")
    if logging not in (None, UNKNOWN, *_LOUD):
        problems.append(Failure("logging", f"{logging!r} is not one of {', '.join(_LOUD)}"))
    return problems


def _run(command: str | None, inputs: Values, before: Values, say: Say) -> Values:
    """The outputs after `command`; those of before where there is none to run."""
    if command is None:
        ran = {name: before.get(name, "") for name in ("stdout", "stderr")}
        return {**inputs, **ran}
    task = Task(
        command=command,
        stdin=inputs.get("stdin") or "",
        environment=inputs.get("environment") or {},
        optional=_previous_output(before) if inputs.get("addPreviousOutputInEnv") is not False else {},
        loud=_LOUD[inputs.get("logging") or "stdoutAndStderr"],
    )
    done = asyncio.run(run(Connection.parse(inputs["connection"]), task, say))
    return {**inputs, "stdout": done.stdout, "stderr": done.stderr}


def _previous_output(before: Values) -> Mapping[str, str]:
    names = {"stdout": "PULUMI_COMMAND_STDOUT", "stderr": "PULUMI_COMMAND_STDERR"}
    return {variable: before[name] for name, variable in names.items() if before.get(name)}


def _create_command(inputs: Values, say: Say) -> Values:
    return _run(inputs.get("create"), inputs, {}, say)


def _update_command(state: Values, inputs: Values, say: Say) -> Values:
    return _run(inputs.get("update") or inputs.get("create"), inputs, state, say)


def _delete_command(state: Values, say: Say) -> None:
    if state.get("delete") is not None:
        _run(state["delete"], state, state, say)


COMMAND: Final = Kind(
    token="command:remote:Command",  # noqa: S106 - a type's name
    required=("connection",),
    optional=(
        "addPreviousOutputInEnv", "create", "delete", "environment", "logging", "stdin", "triggers", "update",
    ),
    computed=("stdout", "stderr"),
    replaces=frozenset({"triggers"}),
    reveals=frozenset({"create", "update", "stdin", "environment"}),
    problems=_command_problems,
    identify=_identify,
    create=_create_command,
    update=_update_command,
    delete=_delete_command,
)  # fmt: skip


# remote.CopyToRemote


def _copy_problems(inputs: Values) -> list[Failure]:
    return connection_problems(inputs.get("connection")) + source_problems(inputs.get("source"))


def _create_copy(inputs: Values, _say: Say) -> Values:
    source = Source.parse(inputs["source"])
    asyncio.run(copy(Connection.parse(inputs["connection"]), source, inputs["remotePath"]))
    return inputs


def _update_copy(state: Values, inputs: Values, say: Say) -> Values:
    """Copies other content, or to another path; a change of the connection alone copies nothing."""
    moved = state.get("remotePath") != inputs["remotePath"]
    changed = state.get("source", {}).get("hash") != inputs["source"].get("hash")
    return _create_copy(inputs, say) if moved or changed else inputs


def _delete_copy(_state: Values, _say: Say) -> None:
    """What was copied stays on the host."""


COPY: Final = Kind(
    token="command:remote:CopyToRemote",  # noqa: S106 - a type's name
    required=("connection", "remotePath", "source"),
    optional=("triggers",),
    computed=(),
    replaces=frozenset({"triggers"}),
    reveals=frozenset(),
    problems=_copy_problems,
    identify=lambda _: _identify(""),
    create=_create_copy,
    update=_update_copy,
    delete=_delete_copy,
)

KINDS: Final[Mapping[str, Kind]] = {kind.token: kind for kind in (COMMAND, COPY)}
