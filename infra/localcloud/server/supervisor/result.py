"""How commands and activations end, in systemd's words (systemd.service(5), systemd.exec(5), 252)."""

import signal
from dataclasses import dataclass

from infra.localcloud.server.units.unit import Restart, Unit

CLEAN_SIGNALS = frozenset((signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGPIPE))
EXIT_CHDIR, EXIT_NICE, EXIT_EXEC, EXIT_LIMITS = 200, 201, 203, 205

_ABNORMAL = frozenset(("signal", "core-dump", "timeout", "watchdog", "oom-kill"))
_FAILURE = _ABNORMAL | {"exit-code", "protocol", "resources"}
_RESTARTS: dict[Restart, frozenset[str]] = {
    "no": frozenset(),
    "always": _FAILURE | {"success"},
    "on-success": frozenset(("success",)),
    "on-failure": _FAILURE,
    "on-abnormal": _ABNORMAL,
    "on-abort": frozenset(("signal", "core-dump")),
    "on-watchdog": frozenset(("watchdog",)),
}


@dataclass(frozen=True)
class Result:
    """`name` is systemd's Result=; `code` the exit status or the negative signal behind it, if any."""

    name: str
    detail: str = ""
    code: int | None = None

    @property
    def good(self) -> bool:
        return self.name == "success"

    def __str__(self) -> str:
        return f"{self.name}: {self.detail}" if self.detail else self.name


SUCCESS = Result("success")


class Failed(Exception):
    """An activation cannot go on; carries its result."""

    def __init__(self, result: Result) -> None:
        super().__init__(str(result))
        self.result = result


def judged(unit: Unit, code: int, *, main: bool) -> Result:
    """What an exit status or a negative signal means; a main process may end by SIGTERM and its like."""
    clean = code == 0
    if main:
        by_signal = code < 0 and -code in CLEAN_SIGNALS and unit.type != "oneshot"
        clean = clean or by_signal or code in unit.success_status
    if clean:
        return Result("success", code=code)
    if code < 0:
        return Result("signal", f"killed by {signal.Signals(-code).name}", code)
    return Result("exit-code", f"exit status {code}{_MEANINGS.get(code, '')}", code)


def restarts(unit: Unit, result: Result) -> bool:
    """Whether Restart= asks for another start after this result."""
    if result.name == "start-limit-hit" or result.code in unit.restart_prevent_status:
        return False
    return result.code in unit.restart_force_status or result.name in _RESTARTS[unit.restart]


_MEANINGS = {
    EXIT_CHDIR: " (CHDIR: WorkingDirectory= cannot be entered)",
    EXIT_NICE: " (NICE: Nice= is not permitted)",
    EXIT_EXEC: " (EXEC: the program cannot be run)",
    EXIT_LIMITS: " (LIMITS: a Limit= is not permitted)",
}
