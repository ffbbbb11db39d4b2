"""`systemctl --user` as deployments use it: its verbs, words and exit statuses (systemctl(1), 252).

Verbs and options that are not in the tables below are refused by name.
"""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from infra.errors import UserError
from infra.localcloud.server.layout import log_name
from infra.localcloud.server.supervisor import properties
from infra.localcloud.server.supervisor.manager import Manager
from infra.localcloud.server.supervisor.result import Result
from infra.localcloud.server.supervisor.service import Service
from infra.localcloud.server.units.load import UnitNotFoundError

Say = Callable[[Literal["out", "err"], str], None]

UNIT_KINDS = ("service", "target", "socket", "timer", "path", "mount", "slice", "scope", "device", "swap")
FAILED, INACTIVE, NO_SUCH_UNIT, NOT_FOUND = 1, 3, 4, 5
FLAGS = {
    "--user": "",
    "--now": "",
    "--quiet": "",
    "-q": "--quiet",
    "--no-pager": "",
    "--value": "",
    "--all": "",
}
FLAGS |= {
    "-a": "--all",
    "--full": "",
    "-l": "--full",
    "--plain": "",
    "--no-legend": "",
    "--no-ask-password": "",
}
VALUED = {"--property": "", "-p": "--property", "--type": "", "-t": "--type", "--lines": "", "-n": "--lines"}


@dataclass
class Request:
    """`values` of an option that was given several times are all kept."""

    verb: str = ""
    units: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    values: dict[str, list[str]] = field(default_factory=dict)


class Systemctl:
    def __init__(self, manager: Manager) -> None:
        self._manager = manager
        self._verbs: dict[str, Callable[[Request, Say], Awaitable[int]]] = {
            "daemon-reload": self._daemon_reload,
            "start": self._start,
            "stop": self._stop,
            "restart": self._restart,
            "try-restart": self._restart,
            "reload": self._reload,
            "enable": self._enable,
            "disable": self._disable,
            "is-active": self._is_active,
            "is-failed": self._is_failed,
            "is-enabled": self._is_enabled,
            "status": self._status,
            "show": self._show,
            "list-units": self._list_units,
            "reset-failed": self._reset_failed,
        }

    async def run(self, argv: Sequence[str], say: Say) -> int:
        """The exit status; what is printed goes to `say`."""
        try:
            request = parsed(argv)
            verb = self._verbs.get(request.verb)
            if verb is None:
                known = ", ".join(self._verbs)
                raise UserError(
                    f"systemctl {request.verb}", "is not played here", f"choose of these: {known}"
                )
            return await verb(request, say)
        except UserError as error:
            say("err", f"{error}\n")
            return FAILED
        except UnitNotFoundError as error:
            say("err", f"Unit {error} not found.\n")
            return NOT_FOUND

    async def _daemon_reload(self, _: Request, __: Say) -> int:
        self._manager.daemon_reload()
        return 0

    async def _start(self, request: Request, say: Say) -> int:
        self._warn(request, say)
        return self._report("start", request.units, await self._manager.start(request.units), say)

    async def _restart(self, request: Request, say: Say) -> int:
        units = request.units
        if request.verb == "try-restart":
            units = [each for each in units if self._manager.find(each).runs]
        self._warn(request, say)
        return self._report("restart", units, await self._manager.restart(units), say)

    async def _stop(self, request: Request, _: Say) -> int:
        for name in request.units:
            if name not in self._manager.services:
                self._manager.find(name)
        await self._manager.stop(request.units)
        return 0

    async def _reload(self, request: Request, say: Say) -> int:
        status = 0
        for name in request.units:
            service = self._manager.find(name)
            if service.active != "active":
                say("err", f"{name} is not active, cannot reload.\n")
                status = FAILED
            elif not service.unit.exec_reload:
                say("err", f"Job type reload is not applicable for unit {name}: it has no ExecReload=.\n")
                status = FAILED
            else:
                status |= self._report("reload", [name], {name: await service.reload()}, say)
        return status

    async def _enable(self, request: Request, say: Say) -> int:
        for name in request.units:
            unit = self._manager.find(name).unit
            for link in self._manager.enable(name):
                say("err", f"Created symlink {link} → {unit.files[0]}.\n")
            if not unit.wanted_by and not unit.required_by:
                say("err", f"{name} has no [Install] with WantedBy=: nothing starts it at a boot.\n")
        self._manager.daemon_reload()
        return await self._start(request, say) if "--now" in request.flags else 0

    async def _disable(self, request: Request, say: Say) -> int:
        for name in request.units:
            for link in self._manager.disable(name):
                say("err", f"Removed {link}.\n")
        return await self._stop(request, say) if "--now" in request.flags else 0

    async def _is_active(self, request: Request, say: Say) -> int:
        states = [self._state(name) for name in request.units]
        self._print(request, say, states)
        return 0 if "active" in states or "reloading" in states else INACTIVE

    async def _is_failed(self, request: Request, say: Say) -> int:
        states = [self._state(name) for name in request.units]
        self._print(request, say, states)
        return 0 if "failed" in states else FAILED

    async def _is_enabled(self, request: Request, say: Say) -> int:
        states = [properties.file_state(self._manager, self._manager.find(name)) for name in request.units]
        self._print(request, say, states)
        return 0 if set(states) & {"enabled", "static"} else FAILED

    async def _status(self, request: Request, say: Say) -> int:
        status = 0
        for name in request.units:
            try:
                service = self._manager.find(name)
            except UnitNotFoundError:
                say("err", f"Unit {name} could not be found.\n")
                status = NO_SUCH_UNIT
                continue
            lines = int(request.values.get("--lines", ["10"])[-1])
            say("out", "".join(f"{line}\n" for line in properties.described(self._manager, service, lines)))
            status = status or (0 if service.active in ("active", "reloading") else INACTIVE)
        return status

    async def _show(self, request: Request, say: Say) -> int:
        wanted = [each for value in request.values.get("--property", []) for each in value.split(",")]
        for name in request.units:
            found = properties.of(self._manager, name)
            for each in wanted or found:
                if each not in found:
                    what = "is not played here"
                    raise UserError(f"the property {each}", what, f"choose of these: {', '.join(found)}")
                say("out", f"{found[each]}\n" if "--value" in request.flags else f"{each}={found[each]}\n")
        return 0

    async def _list_units(self, request: Request, say: Say) -> int:
        kinds = request.values.get("--type", ["service"])
        if kinds != ["service"]:
            raise UserError("--type", "only services are run here", "ask for --type=service")
        shown = [
            each for each in self._manager.services.values() if "--all" in request.flags or _loaded(each)
        ]
        rows = [
            (each.unit.name, "loaded", each.active, each.sub, each.unit.description)
            for each in sorted(shown, key=lambda each: each.unit.name)
        ]
        if "--no-legend" not in request.flags:
            rows.insert(0, ("UNIT", "LOAD", "ACTIVE", "SUB", "DESCRIPTION"))
        say("out", _table(rows))
        return 0

    async def _reset_failed(self, request: Request, _: Say) -> int:
        for name in request.units or list(self._manager.services):
            self._manager.find(name).reset()
        return 0

    def _state(self, name: str) -> str:
        service = self._manager.services.get(name)
        return "inactive" if service is None else service.active

    def _print(self, request: Request, say: Say, lines: list[str]) -> None:
        if "--quiet" not in request.flags:
            say("out", "".join(f"{line}\n" for line in lines))

    def _warn(self, request: Request, say: Say) -> None:
        for name in request.units:
            service = self._manager.find(name)
            if self._manager.outdated(service):
                changed = f"Warning: The unit file or drop-ins of {name} changed on disk."
                say("err", f"{changed} Run 'systemctl --user daemon-reload' to reload units.\n")

    def _report(self, verb: str, asked: Sequence[str], results: dict[str, Result], say: Say) -> int:
        bad = [(name, results[name]) for name in asked if not results[name].good]
        for name, result in bad:
            log = log_name(self._manager.layout.name, name)
            say("err", f"Job {verb} for {name} failed ({result}). Its log is {log}.log; its end:\n")
            say("err", "".join(f"  {line}\n" for line in _last_lines(self._manager.services[name])))
        return FAILED if bad else 0


def parsed(argv: Sequence[str]) -> Request:
    """Raises UserError for an option that is not played, and where --user is missing."""
    request = Request()
    words = iter(argv)
    for word in words:
        if not word.startswith("-"):
            _word(request, word)
            continue
        name, equals, value = word.partition("=")
        if name in FLAGS and not equals:
            request.flags.add(FLAGS[name] or name)
        elif name in VALUED:
            request.values.setdefault(VALUED[name] or name, []).append(value if equals else next(words, ""))
        else:
            known = ", ".join((*FLAGS, *VALUED))
            raise UserError(f"systemctl {name}", "is not played here", f"choose of these: {known}")
    if "--user" not in request.flags:
        raise UserError("systemctl", "the login user has no rights over the system's units", "add --user")
    request.verb = request.verb or "list-units"
    return request


def _word(request: Request, word: str) -> None:
    if not request.verb:
        request.verb = word
    else:
        suffix = "" if word.rpartition(".")[2] in UNIT_KINDS else ".service"
        request.units.append(f"{word}{suffix}")


def _loaded(service: Service) -> bool:
    return service.runs or service.active == "failed"


def _last_lines(service: Service) -> Iterator[str]:
    yield from service.journal.tail(10).splitlines()


def _table(rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "".join(f"{line.rstrip()}\n" for line in lines)
