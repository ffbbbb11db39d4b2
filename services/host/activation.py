"""Puts a release into force: beside those that run, all or nothing, and the same again changes nothing."""

import fcntl
import os
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from services.host import environment_file, health, proxy, pythons, retention, systemd
from services.host.contents import identify
from services.host.failures import ActivationFailed, Mishap
from services.host.layout import Layout, environment, live, run
from services.host.programs import run as run_program
from services.host.systemd import SERVICES, TUNNEL, unit

_COMPILE_SECONDS = 120.0
_HIDDEN = ("TOKEN", "KEYS", "SECRET", "PASSWORD", "REDIS_URL")
_LAST_REQUESTS_SECONDS = 1.0
"""From the proxy's last look at a release to its connection, many times over."""


@dataclass(frozen=True)
class Given:
    """The variables of each service, of the proxy, and of the tunnel."""

    environments: Mapping[str, Mapping[str, str]]
    proxy: Mapping[str, str]
    tunnel: Mapping[str, str]

    def redact(self, text: str) -> str:
        """The text without the values of secret variables."""
        hidden = {
            part
            for variables in (*self.environments.values(), self.tunnel)
            for name, value in variables.items()
            if name.endswith(_HIDDEN)
            for part in (value.split(",") if name.endswith("KEYS") else [value])
            if part
        }
        for value in sorted(hidden, key=len, reverse=True):
            text = text.replace(value, "[secret]")
        return text


@dataclass(frozen=True)
class Plan:
    """A release that can be put into force: its folder, its units, and what its files of variables hold."""

    folder: Path
    units: Mapping[str, str]
    tunnel_unit: str
    environments: Mapping[str, str]
    given: Given

    @property
    def release(self) -> str:
        return self.folder.name

    @property
    def done(self) -> Path:
        """There once everything worked with these variables."""
        return self.folder / ".activated"

    @property
    def started(self) -> bool:
        """Whether its services were started with these variables."""
        return self.done.exists() and _written(self.folder) == self.environments


@dataclass(frozen=True)
class Before:
    """What was so: which release was in force, whether this one was live, and its variables."""

    release: str | None
    live: bool
    environments: Mapping[str, str]


def activate(layout: Layout, release: str, given: Given) -> str:
    """What was done, in a line. Raises ActivationFailed; then what was in force before still is."""
    layout.top.mkdir(parents=True, exist_ok=True)
    with _alone(layout.lock):
        try:
            plan = _prepare(layout, layout.release(release), given)
        except (Mishap, ValueError) as mishap:
            raise ActivationFailed(_failed(layout, release, given, mishap)) from None
        if _in_force(layout, plan):
            return f"release {release} is in force already"
        before = Before(layout.in_force(), live(plan.folder).exists(), _written(plan.folder))
        try:
            _start(layout, plan)
            health.wait(health.signs(plan.folder), release)
            _switch(layout, plan)
        except Mishap as mishap:
            log = f"{systemd.log(mishap.unit)}\n" if isinstance(mishap, health.Unhealthy) else ""
            _return(layout, plan, before)
            raise ActivationFailed(given.redact(log) + _failed(layout, release, given, mishap)) from None
        return f"release {release} is in force"


def drain(layout: Layout, keep: Collection[str]) -> str:
    """Ends every release but those in `keep` and the one in force. What was done, in a line.

    Their requests end first, and their WebSocket clients are told to come again. Raises ActivationFailed.
    """
    with _alone(layout.lock):
        running = {each for name in SERVICES for each in systemd.installed(layout.units, name)}
        ending = sorted(running - {*keep, layout.in_force()})
        for release in ending:
            live(layout.release(release)).unlink(missing_ok=True)
        if ending:
            time.sleep(_LAST_REQUESTS_SECONDS)
        try:
            systemd.remove((unit(name, each) for each in ending for name in SERVICES), layout.units)
        except Mishap as mishap:
            raise ActivationFailed(f"releases {', '.join(ending)} could not be ended: {mishap}") from None
        retention.prune(layout)
        return f"ended: {', '.join(ending) or 'none'}"


def end(layout: Layout) -> str:
    """Ends everything of ours on this server."""
    with _alone(layout.lock):
        try:
            systemd.remove(systemd.units(layout.units), layout.units)
        except Mishap as mishap:
            raise ActivationFailed(f"the services could not be ended: {mishap}") from None
        for release in layout.releases.iterdir():
            live(release).unlink(missing_ok=True)
        return "everything is ended"


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
    run_program(compiling, timeout=_COMPILE_SECONDS)
    for writable in (run(folder), layout.files):
        writable.mkdir(mode=0o700, exist_ok=True)
    texts = systemd.units(folder / "units")
    return Plan(
        folder=folder,
        units={unit(name, folder.name): texts[systemd.template(name)] for name in SERVICES},
        tunnel_unit=texts[TUNNEL],
        environments={name: environment_file.render(given.environments[name]) for name in SERVICES},
        given=given,
    )


def _in_force(layout: Layout, plan: Plan) -> bool:
    installed = systemd.units(layout.units)
    wanted = {**plan.units, TUNNEL: plan.tunnel_unit}
    return (
        plan.started
        and layout.in_force() == plan.release
        and live(plan.folder).exists()
        and all(installed.get(name) == text for name, text in wanted.items())
        and environment_file.read(layout.tunnel) == environment_file.render(plan.given.tunnel)
        and environment_file.read(layout.proxy) == environment_file.render(plan.given.proxy)
        and all(systemd.active(name) for name in [*wanted, *_proxies(layout)])
    )


def _proxies(layout: Layout) -> list[str]:
    return [unit(proxy.NAME, release) for release in systemd.installed(layout.units, proxy.NAME)]


def _written(folder: Path) -> Mapping[str, str]:
    """What the files of variables of a release's services hold, as far as there are any."""
    texts = {name: environment_file.read(environment(folder, name)) for name in SERVICES}
    return {name: text for name, text in texts.items() if text is not None}


def _write(folder: Path, environments: Mapping[str, str]) -> None:
    for name, text in environments.items():
        file = environment(folder, name)
        file.parent.mkdir(mode=0o700, exist_ok=True)
        environment_file.write(file, text)


def _start(layout: Layout, plan: Plan) -> None:
    """Its services, beside whatever runs; those that run already with these variables are left alone."""
    verb = "start" if plan.started else "restart"
    plan.done.unlink(missing_ok=True)
    _write(plan.folder, plan.environments)
    systemd.install(plan.units, layout.units)
    jobs = unit("jobs", plan.release)
    if verb == "restart" or not systemd.active(jobs):
        # The sign of life must come from the new process.
        systemd.systemctl("stop", jobs)
        (run(plan.folder) / "jobs.heartbeat").unlink(missing_ok=True)
    systemd.systemctl(verb, *sorted(plan.units))


def _switch(layout: Layout, plan: Plan) -> None:
    live(plan.folder).touch()
    _link(layout.current, Path(os.path.relpath(plan.folder, layout.top)))
    proxy.ensure(layout, plan.folder, plan.given.proxy)
    _ensure_tunnel(layout, plan)
    others = systemd.installed(layout.units, "jobs") - {plan.release}
    # Whoever takes jobs must know every kind that is in force.
    systemd.remove((unit("jobs", each) for each in others), layout.units)
    plan.done.touch()


def _ensure_tunnel(layout: Layout, plan: Plan) -> None:
    """Restarted only if it must be: its connections carry the requests."""
    before = environment_file.read(layout.tunnel), systemd.units(layout.units).get(TUNNEL)
    wanted = environment_file.render(plan.given.tunnel), plan.tunnel_unit
    if before != wanted or not systemd.active(TUNNEL):
        environment_file.write(layout.tunnel, wanted[0])
        systemd.install({TUNNEL: plan.tunnel_unit}, layout.units)
        systemd.systemctl("restart", TUNNEL)


def _return(layout: Layout, plan: Plan, before: Before) -> None:
    """What was so before is so again, as far as that can be done."""
    with suppress(Mishap, OSError):
        if before.release is None:
            layout.current.unlink(missing_ok=True)
        else:
            _link(layout.current, Path(os.path.relpath(layout.release(before.release), layout.top)))
        if not before.live:
            live(plan.folder).unlink(missing_ok=True)
            gone = [*plan.units, *([TUNNEL, *_proxies(layout)] if before.release is None else [])]
            systemd.remove(gone, layout.units)
        elif before.environments and before.environments != plan.environments:
            _write(plan.folder, before.environments)
            systemd.systemctl("restart", *sorted(plan.units))


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
