"""Puts a release into force: all or nothing, and the same again changes nothing."""

import fcntl
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.host import environment_file, health, pythons, retention, systemd
from services.host.contents import identify
from services.host.failures import ActivationFailed, Mishap
from services.host.layout import Layout
from services.host.programs import run
from services.host.systemd import JOBS, TUNNEL

_COMPILE_SECONDS = 120.0
_HIDDEN = ("TOKEN", "KEY", "SECRET", "PASSWORD", "REDIS_URL")


@dataclass(frozen=True)
class Given:
    """The variables of the services, and those of the tunnel."""

    environment: Mapping[str, str]
    tunnel: Mapping[str, str]

    def redact(self, text: str) -> str:
        """The text without the values of secret variables."""
        variables = {**self.environment, **self.tunnel}
        hidden = {value for name, value in variables.items() if name.endswith(_HIDDEN) and value}
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "[secret]")
        return text


@dataclass(frozen=True)
class Plan:
    """A release that can be put into force: its folder, its units, and what its files of variables hold."""

    folder: Path
    units: Mapping[str, str]
    signs: list[health.Sign]
    environment: str
    tunnel: str

    @property
    def release(self) -> str:
        return self.folder.name

    @property
    def done(self) -> Path:
        """There once everything worked with these variables."""
        return self.folder / ".activated"

    @property
    def services(self) -> list[str]:
        """The units whose code is the release: all but the tunnel."""
        return sorted(self.units.keys() - {TUNNEL})


@dataclass(frozen=True)
class Before:
    """What was in force: a release's id, and the variables that the new release's folder held."""

    release: str | None
    environment: str | None


def activate(layout: Layout, release: str, given: Given) -> str:
    """What was done, in a line. Raises ActivationFailed; then what was in force before is so again."""
    layout.top.mkdir(parents=True, exist_ok=True)
    with _alone(layout.lock):
        try:
            plan = _prepare(layout, layout.release(release), given)
        except (Mishap, ValueError) as mishap:
            raise ActivationFailed(_failed(layout, release, given, mishap)) from None
        if _in_force(layout, plan):
            return f"release {release} is in force already"
        before = Before(layout.in_force(), environment_file.read(plan.folder / "environment"))
        try:
            _switch(layout, plan)
        except Mishap as mishap:
            log = f"{systemd.log(mishap.unit)}\n" if isinstance(mishap, health.Unhealthy) else ""
            _return(layout, plan, before)
            raise ActivationFailed(given.redact(log) + _failed(layout, release, given, mishap)) from None
        retention.prune(layout)
        return f"release {release} is in force"


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _prepare(layout: Layout, folder: Path, given: Given) -> Plan:
    """Everything that doesn't touch what is in force. Raises Mishap and ValueError."""
    if identify(folder) != folder.name:
        raise Mishap("its files are not those that were sent: the copy broke off, or somebody changed them")
    python = pythons.environment(layout.environments, folder / pythons.LOCK)
    _link(folder / "python", Path(os.path.relpath(python, folder)))
    # Under ProtectSystem= the services can't write bytecode themselves.
    compiling: list[str | Path] = [python / "bin" / "python", "-m", "compileall", "-q", folder / "services"]
    run(compiling, timeout=_COMPILE_SECONDS)
    for writable in (layout.run, layout.files):
        writable.mkdir(mode=0o700, exist_ok=True)
    return Plan(
        folder=folder,
        units=systemd.units(folder / "units"),
        signs=health.signs(given.environment, layout.run),
        environment=environment_file.render(given.environment),
        tunnel=environment_file.render(given.tunnel),
    )


def _in_force(layout: Layout, plan: Plan) -> bool:
    same = (
        plan.done.exists()
        and layout.in_force() == plan.release
        and environment_file.read(plan.folder / "environment") == plan.environment
        and environment_file.read(layout.tunnel) == plan.tunnel
        and systemd.units(layout.units) == plan.units
    )
    return same and all(systemd.active(unit) for unit in plan.units)


def _switch(layout: Layout, plan: Plan) -> None:
    plan.done.unlink(missing_ok=True)
    environment_file.write(plan.folder / "environment", plan.environment)
    _link(layout.current, Path(os.path.relpath(plan.folder, layout.top)))
    tunnel_before = environment_file.read(layout.tunnel), systemd.units(layout.units).get(TUNNEL)
    systemd.install(plan.units, layout.units)
    systemd.systemctl("enable", *sorted(plan.units))
    _restart(layout, plan.services)
    health.wait(plan.signs, plan.release)
    # Last, and only if it must be: its connections carry the requests.
    if TUNNEL in plan.units:
        changed = tunnel_before != (plan.tunnel, plan.units[TUNNEL])
        if changed or not systemd.active(TUNNEL):
            environment_file.write(layout.tunnel, plan.tunnel)
            systemd.systemctl("restart", TUNNEL)
    plan.done.touch()


def _restart(layout: Layout, services: list[str]) -> None:
    # The jobs' sign of life must come from the new process.
    if JOBS in services:
        systemd.systemctl("stop", JOBS)
    (layout.run / "jobs.heartbeat").unlink(missing_ok=True)
    systemd.systemctl("restart", *services)


def _return(layout: Layout, plan: Plan, before: Before) -> None:
    """Puts into force again what was so before, as far as that can be done; without such a release, stops."""
    try:
        if before.release is None:
            layout.current.unlink(missing_ok=True)
            systemd.systemctl("disable", "--now", *sorted(plan.units))
            return
        if before.environment is not None:
            environment_file.write(plan.folder / "environment", before.environment)
        previous = layout.release(before.release)
        _link(layout.current, Path(os.path.relpath(previous, layout.top)))
        units = systemd.units(previous / "units")
        systemd.install(units, layout.units)
        _restart(layout, sorted(units.keys() - {TUNNEL}))
    except (Mishap, OSError):
        return  # the message names what failed first


def _failed(layout: Layout, release: str, given: Given, mishap: Exception) -> str:
    in_force = layout.in_force()
    now = f"release {in_force} is in force" if in_force else "no release is in force"
    return given.redact(f"release {release}: {mishap}\nNow {now}.")


def _link(link: Path, target: Path) -> None:
    """Makes or moves a symbolic link at once."""
    incoming = link.with_name(f".{link.name}.incoming")
    incoming.unlink(missing_ok=True)
    incoming.symlink_to(target)
    incoming.replace(link)
