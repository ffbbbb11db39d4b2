"""A service unit as the supervisor runs it."""

import math
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Type = Literal["simple", "exec", "notify", "oneshot"]
Restart = Literal["no", "always", "on-success", "on-failure", "on-abnormal", "on-abort", "on-watchdog"]
KillMode = Literal["control-group", "mixed", "process"]
NotifyAccess = Literal["none", "main", "exec", "all"]
Output = Literal["journal", "inherit", "null"]


@dataclass(frozen=True)
class Command:
    """`words[0]` is the program, `name` its own idea of it; if `tolerated`, failure counts as success."""

    words: tuple[str, ...]
    name: str | None = None
    tolerated: bool = False
    substitute: bool = True


@dataclass(frozen=True)
class OptionalPath:
    """A path whose absence is an error unless `optional`."""

    path: str
    optional: bool = False


@dataclass(frozen=True)
class NotHonoured:
    """A directive that only a production host honours, and why."""

    where: str
    key: str
    reason: str


@dataclass(frozen=True)
class Unit:
    """Times are seconds, `math.inf` for none. `files` are the unit file and its drop-ins."""

    name: str
    files: tuple[Path, ...]
    not_honoured: tuple[NotHonoured, ...] = ()

    description: str = ""
    after: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    wants: tuple[str, ...] = ()
    requires: tuple[str, ...] = ()
    start_limit_burst: int = 5
    start_limit_interval: float = 10.0

    type: Type = "simple"
    exec_start_pre: tuple[Command, ...] = ()
    exec_start: tuple[Command, ...] = ()
    exec_start_post: tuple[Command, ...] = ()
    exec_reload: tuple[Command, ...] = ()
    exec_stop: tuple[Command, ...] = ()
    exec_stop_post: tuple[Command, ...] = ()
    working_directory: OptionalPath | None = None
    environment: tuple[tuple[str, str], ...] = ()
    environment_files: tuple[OptionalPath, ...] = ()
    unset_environment: tuple[str, ...] = ()
    restart: Restart = "no"
    restart_seconds: float = 0.1
    timeout_start: float = 90.0
    timeout_stop: float = 90.0
    watchdog: float = math.inf
    success_status: frozenset[int] = frozenset()
    restart_prevent_status: frozenset[int] = frozenset()
    restart_force_status: frozenset[int] = frozenset()
    kill_signal: signal.Signals = signal.SIGTERM
    kill_mode: KillMode = "control-group"
    send_sigkill: bool = True
    remain_after_exit: bool = False
    notify_access: NotifyAccess | None = None
    limits: tuple[tuple[int, tuple[float, float]], ...] = ()
    memory_max: float = math.inf
    runtime_directory: tuple[str, ...] = ()
    runtime_directory_mode: int = 0o755
    runtime_directory_preserve: Literal["no", "restart", "yes"] = "no"
    state_directory: tuple[str, ...] = ()
    state_directory_mode: int = 0o755
    cache_directory: tuple[str, ...] = ()
    cache_directory_mode: int = 0o755
    umask: int = 0o022
    nice: int | None = None
    standard_output: Output = "journal"
    standard_error: Output = "inherit"

    wanted_by: tuple[str, ...] = ()
    required_by: tuple[str, ...] = ()

    @property
    def listens(self) -> NotifyAccess:
        """Whose notifications count: the main process's with Type=notify or a watchdog, else nobody's."""
        if self.notify_access is not None:
            return self.notify_access
        return "main" if self.type == "notify" or self.watchdog < math.inf else "none"
