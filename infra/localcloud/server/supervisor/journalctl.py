"""`journalctl --user -u UNIT [-n LINES]`: the end of a unit's log. Anything else is refused by name."""

from collections.abc import Sequence

from infra.errors import UserError
from infra.localcloud import logs
from infra.localcloud.server.layout import log_name
from infra.localcloud.server.supervisor.manager import Manager
from infra.localcloud.server.supervisor.systemctl import FAILED, Say

FLAGS = frozenset(("--user", "--no-pager", "-q", "--quiet"))
UNIT, LINES = ("-u", "--unit", "--user-unit"), ("-n", "--lines")
DEFAULT_LINES = 1000


def run(manager: Manager, argv: Sequence[str], say: Say) -> int:
    try:
        units, lines = _parsed(argv)
    except UserError as error:
        say("err", f"{error}\n")
        return FAILED
    for unit in units:
        text = logs.tail(manager.layout.data, log_name(manager.layout.name, unit), lines)
        say("out", f"{text}\n" if text else "-- No entries --\n")
    return 0


def _parsed(argv: Sequence[str]) -> tuple[list[str], int]:
    units: list[str] = []
    lines = DEFAULT_LINES
    words = iter(argv)
    for word in words:
        name, equals, given = word.partition("=")
        if name in FLAGS:
            continue
        value = given if equals else next(words, "")
        if name in UNIT:
            units.append(value)
        elif name in LINES and value.isdigit():
            lines = int(value)
        else:
            raise UserError(f"journalctl {word}", "is not played here", "use --user -u UNIT -n LINES")
    if not units:
        raise UserError("journalctl", "names no unit", "add -u UNIT")
    return units, lines
