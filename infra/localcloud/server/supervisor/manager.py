"""All services of a server: loaded from the user's folder, started and stopped in order, enabled."""

import asyncio
import graphlib
import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from infra.errors import UserError
from infra.localcloud.server.layout import Layout, short
from infra.localcloud.server.supervisor.result import Result
from infra.localcloud.server.supervisor.service import Service
from infra.localcloud.server.units.load import UnitNotFoundError, changed, load, matches
from infra.localcloud.server.units.syntax import UnitError
from infra.localcloud.server.units.unit import Unit

log = logging.getLogger(__name__)

DEFAULT_TARGET = "default.target"
"""What a user's manager starts at its own start (systemd.special(7), 252)."""


class Manager:
    """`tell` is called after each change of a service's state."""

    def __init__(self, layout: Layout, tell: Callable[[], None]) -> None:
        self.layout = layout
        self.services: dict[str, Service] = {}
        self._tell = tell
        self._faulty: dict[str, UserError | UnitNotFoundError] = {}

    def find(self, name: str) -> Service:
        """The service, read from its file unless it is active or failed, as systemd keeps those loaded.

        Raises UnitNotFoundError, or UserError for a unit that is refused.
        """
        if not matches(name):
            raise UserError(name, "only services are run here", "name a unit that ends in .service")
        service = self.services.get(name)
        if service is not None and (service.runs or service.active == "failed"):
            if name in self._faulty:
                raise self._faulty[name]
            return service
        unit = load(self.layout.units, name, self.layout.specifiers())
        if service is None:
            service = self.services[name] = Service(self.layout, unit, self._tell)
            for reason in dict.fromkeys(each.reason for each in unit.not_honoured):
                keys = ", ".join(each.key for each in unit.not_honoured if each.reason == reason)
                service.journal.write(f"systemd: left to production: {keys}: {reason}")
        service.adopt(unit)
        return service

    def daemon_reload(self) -> None:
        """Read all units again; a running one that is refused by now keeps running as it was."""
        self._faulty.clear()
        for name, service in self.services.items():
            try:
                service.adopt(load(self.layout.units, name, self.layout.specifiers()))
            except (UserError, UnitNotFoundError) as error:
                self._faulty[name] = error

    def outdated(self, service: Service) -> bool:
        return changed(service.unit, service.loaded)

    async def start(self, names: Iterable[str]) -> dict[str, Result]:
        """Start units and what they want or require, in order; the results of all.

        Raises as `find` does, for these units and what they require, and UserError for an ordering cycle.
        """
        return await self._start({name: self.find(name) for name in names})

    async def _start(self, asked: Mapping[str, Service]) -> dict[str, Result]:
        wanted = self._wanted(asked)
        order = _order(wanted)
        tasks: dict[str, asyncio.Task[Result]] = {}

        async def one(name: str) -> Result:
            if order[name]:
                await asyncio.wait([tasks[each] for each in order[name]])
            for each in wanted[name].unit.requires:
                if each in order[name] and not tasks[each].result().good:
                    return Result("dependency", f"{each} did not start")
            return await wanted[name].start()

        for name in wanted:
            tasks[name] = asyncio.create_task(one(name))
        return {name: await task for name, task in tasks.items()}

    async def stop(self, names: Iterable[str], *, patience: float = float("inf")) -> dict[str, Result]:
        """Stop units and those that require them, later ones first."""
        return await self._stop(self._with_dependents(names), patience, restart=False)

    async def restart(self, names: Iterable[str]) -> dict[str, Result]:
        """Stop, then start again; so too what runs and requires them."""
        services = {name: self.find(name) for name in names}
        stopping = self._with_dependents(services)
        await self._stop(stopping, float("inf"), restart=True)
        return await self._start({**services, **stopping})

    async def boot(self) -> None:
        """Start all enabled units; one that cannot be started is logged and left."""
        good = []
        for name in self.enabled():
            try:
                self.find(name)
                good.append(name)
            except (UserError, UnitNotFoundError) as error:
                log.error("%s is enabled but not started: %s", name, error)
        for name, result in (await self.start(good) if good else {}).items():
            log.info("%s: %s", name, result)

    async def shutdown(self, patience: float) -> None:
        await self.stop([name for name, service in self.services.items() if service.runs], patience=patience)

    def enabled(self) -> list[str]:
        folders = (self._links(kind) for kind in ("wants", "requires"))
        return sorted({link.name for folder in folders if folder.is_dir() for link in folder.iterdir()})

    def enable(self, name: str) -> list[Path]:
        """Link the unit into what its [Install] names; returns the links made."""
        unit = self.find(name).unit
        made = []
        for kind, targets in (("wants", unit.wanted_by), ("requires", unit.required_by)):
            link = self._links(kind) / name
            if targets and not link.is_symlink():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(unit.files[0])
                made.append(link)
        return made

    def disable(self, name: str) -> list[Path]:
        links = [self._links(kind) / name for kind in ("wants", "requires")]
        present = [link for link in links if link.is_symlink()]
        for link in present:
            link.unlink()
        return present

    def statuses(self) -> list[dict[str, Any]]:
        """What the daemon shows: services that run, and those that failed."""
        shown = (service for service in self.services.values() if service.runs or service.active == "failed")
        return [
            {
                "name": f"{self.layout.name} {short(service.unit.name)}{_remark(service)}",
                "pid": service.pid,
                "since": None if _first_start(service) else service.since,
                "restarts": service.restarted,
            }
            for service in sorted(shown, key=lambda service: service.unit.name)
        ]

    def _links(self, kind: str) -> Path:
        return self.layout.units / f"{DEFAULT_TARGET}.{kind}"

    def _wanted(self, asked: Mapping[str, Service]) -> dict[str, Service]:
        """These as they were read, and all that they want and require."""
        found: dict[str, Service] = {}
        ahead = list(asked)
        while ahead:
            name = ahead.pop()
            if name in found:
                continue
            found[name] = asked.get(name) or self.find(name)
            unit = found[name].unit
            ahead += [each for each in unit.requires if not each.endswith(".target")]
            ahead += [each for each in unit.wants if self._startable(each, unit)]
        return found

    def _startable(self, name: str, unit: Unit) -> bool:
        """A unit that is only wanted may be missing; a target is no process."""
        if name.endswith(".target"):
            return False
        try:
            self.find(name)
        except (UserError, UnitNotFoundError) as error:
            log.warning("%s wants %s, which cannot be started: %s", unit.name, name, error)
            return False
        return True

    def _with_dependents(self, names: Iterable[str]) -> dict[str, Service]:
        found: dict[str, Service] = {}
        ahead = list(names)
        while ahead:
            name = ahead.pop()
            service = self.services.get(name)
            if name in found or service is None or not service.runs:
                continue
            found[name] = service
            ahead += [each.unit.name for each in self.services.values() if name in each.unit.requires]
        return found

    async def _stop(
        self, stopping: Mapping[str, Service], patience: float, *, restart: bool
    ) -> dict[str, Result]:
        order = _order(stopping)
        tasks: dict[str, asyncio.Task[Result]] = {}

        async def one(name: str) -> Result:
            later = [tasks[each] for each in stopping if name in order[each]]
            if later:
                await asyncio.wait(later)
            return await stopping[name].stop(patience=patience, keep_runtime=restart)

        for name in stopping:
            tasks[name] = asyncio.create_task(one(name))
        return {name: await task for name, task in tasks.items()}


def _order(services: Mapping[str, Service]) -> dict[str, set[str]]:
    """For each unit those of these units that come before it. Raises UserError for a cycle."""
    order = {name: services.keys() & service.unit.after for name, service in services.items()}
    for name, service in services.items():
        for later in services.keys() & service.unit.before:
            order[later].add(name)
    for name, service in services.items():
        order[name] |= {each for each in services.keys() & service.unit.requires if name not in order[each]}
    try:
        graphlib.TopologicalSorter(order).prepare()
    except graphlib.CycleError as error:
        cycle = " -> ".join(error.args[1])
        raise UnitError(
            cycle, "these units wait for each other", "take one After= or Requires= out"
        ) from None
    return order


def _remark(service: Service) -> str:
    if service.active == "failed":
        return " (failed)"
    return " (restarting)" if service.sub == "auto-restart" else ""


def _first_start(service: Service) -> bool:
    return service.active == "activating" and not service.restarted and service.sub != "auto-restart"
