"""A process with the surroundings its unit asks for."""

import asyncio
import functools
import math
import os
import resource
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.localcloud.process import die_with
from infra.localcloud.server.supervisor.result import EXIT_CHDIR, EXIT_EXEC, EXIT_LIMITS, EXIT_NICE
from infra.localcloud.server.units.unit import Command, OptionalPath, Unit
from infra.localcloud.server.units.words import substituted


class CannotRun(Exception):
    """The program of a command cannot be executed; `code` is the exit status that systemd gives it."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.code = EXIT_EXEC


@dataclass(frozen=True)
class Launcher:
    """`path` is where a program named without a path is looked for."""

    unit: Unit
    home: str
    path: str

    async def launch(
        self, command: Command, environment: Mapping[str, str], output: int, error: int
    ) -> asyncio.subprocess.Process:
        """Start the command as leader of a session of its own. Raises CannotRun."""
        program, *arguments = command.words
        if command.substitute:
            arguments = substituted(arguments, environment)
        executable = program if program.startswith("/") else shutil.which(program, path=self.path)
        if executable is None:
            raise CannotRun(f"{program} is not on {self.path}")
        try:
            return await asyncio.create_subprocess_exec(
                command.name or program,
                *arguments,
                executable=executable,
                env=dict(environment),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=error,
                start_new_session=True,
                umask=self.unit.umask,
                preexec_fn=_prepared(self.unit, self.unit.working_directory or OptionalPath(self.home)),
            )
        except OSError as failure:
            raise CannotRun(f"{executable}: {failure.strerror}") from None


def _prepared(unit: Unit, directory: OptionalPath) -> Callable[[], None]:
    """Runs between fork and exec; ends the child with systemd's exit status for what fails."""
    bind = die_with(os.getpid())
    limits = [(number, _limit(soft), _limit(hard)) for number, (soft, hard) in unit.limits]

    def prepare() -> None:
        if bind:
            bind()
        for kind, soft, hard in limits:
            _or_exit(EXIT_LIMITS, functools.partial(resource.setrlimit, kind, (soft, hard)))
        if unit.nice is not None:
            _or_exit(EXIT_NICE, functools.partial(os.setpriority, os.PRIO_PROCESS, 0, unit.nice))
        try:
            os.chdir(directory.path)
        except OSError as failure:
            if not directory.optional:
                _exit(EXIT_CHDIR, failure)

    return prepare


def _or_exit(code: int, action: Callable[[], object]) -> None:
    try:
        action()
    except (OSError, ValueError) as failure:
        _exit(code, failure)


def _exit(code: int, failure: Exception) -> None:
    os.write(2, f"cannot prepare the process: {failure}\n".encode())
    os._exit(code)


def _limit(value: float) -> int:
    return resource.RLIM_INFINITY if value == math.inf else int(value)
