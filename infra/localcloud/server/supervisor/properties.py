"""What `systemctl show` and `systemctl status` tell of a unit (org.freedesktop.systemd1(5), 252)."""

import time
from datetime import UTC, datetime

from infra.errors import UserError
from infra.localcloud.server import members
from infra.localcloud.server.supervisor.manager import Manager
from infra.localcloud.server.supervisor.service import Service
from infra.localcloud.server.units.load import UnitNotFoundError


def of(manager: Manager, name: str) -> dict[str, str]:
    """All properties that are played; for a unit that is missing or refused only what holds for it."""
    try:
        service = manager.find(name)
    except UnitNotFoundError:
        return {"Id": name, "LoadState": "not-found", "ActiveState": "inactive", "SubState": "dead"}
    except UserError as error:
        running = manager.services.get(name)
        state, sub = (running.active, running.sub) if running else ("inactive", "dead")
        faulty = {"Id": name, "LoadState": "bad-setting", "ActiveState": state, "SubState": sub}
        return {**faulty, "LoadError": str(error)}
    return _properties(manager, service)


def _properties(manager: Manager, service: Service) -> dict[str, str]:
    unit, activation = service.unit, service.activation
    running = activation.group.processes() if activation else []
    code = service.code if activation is None else activation.code
    return {
        "Id": unit.name,
        "Names": unit.name,
        "Description": unit.description,
        "LoadState": "loaded",
        "LoadError": "",
        "ActiveState": service.active,
        "SubState": service.sub,
        "UnitFileState": file_state(manager, service),
        "FragmentPath": str(unit.files[0]),
        "DropInPaths": " ".join(map(str, unit.files[1:])),
        "NeedDaemonReload": "yes" if manager.outdated(service) else "no",
        "StateChangeTimestamp": _stamp(service.since),
        "Type": unit.type,
        "Restart": unit.restart,
        "MainPID": str(service.pid or 0),
        "ExecMainCode": "0" if code is None else str(2 if code < 0 else 1),
        "ExecMainStatus": str(abs(code or 0)),
        "Result": service.result.name,
        "NRestarts": str(service.restarted),
        "InvocationID": activation.group.invocation if activation else "",
        "StatusText": activation.status_text if activation else "",
        "TasksCurrent": str(sum(process.num_threads() for process in running)) if running else "[not set]",
        "MemoryCurrent": str(members.memory(running)) if running else "[not set]",
        "ProductionOnly": " ".join(each.key for each in unit.not_honoured),
    }


def file_state(manager: Manager, service: Service) -> str:
    if service.unit.name in manager.enabled():
        return "enabled"
    return "disabled" if service.unit.wanted_by or service.unit.required_by else "static"


def described(manager: Manager, service: Service, lines: int) -> list[str]:
    """The lines of `systemctl status`, the end of the log below them."""
    unit = service.unit
    state = "failed" if service.active == "failed" else f"{service.active} ({service.sub})"
    result = "" if service.result.good else f" (Result: {service.result})"
    found = [
        f"● {unit.name} - {unit.description or unit.name}",
        f"     Loaded: loaded ({unit.files[0]}; {file_state(manager, service)})",
        f"     Active: {state}{result} since {_stamp(service.since)}; {time.time() - service.since:.0f}s ago",
    ]
    if service.pid:
        found.append(f"   Main PID: {service.pid}")
    if service.activation and service.activation.status_text:
        found.append(f'     Status: "{service.activation.status_text}"')
    if unit.not_honoured:
        found.append(f"   Left to production: {', '.join(each.key for each in unit.not_honoured)}")
    return [*found, "", *service.journal.tail(lines).splitlines()]


def _stamp(seconds: float) -> str:
    """`Mon 2026-11-23 23:59:59 UTC`, as systemd prints times."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%a %Y-%m-%d %H:%M:%S UTC")
