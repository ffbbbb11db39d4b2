"""One activation of a service: from its first ExecStartPre= until the last of its processes is gone."""

import asyncio
import contextlib
import math
import signal
from collections.abc import Callable, Coroutine, Mapping
from subprocess import DEVNULL
from typing import Any

from infra.localcloud.server import members
from infra.localcloud.server.layout import Layout
from infra.localcloud.server.supervisor import surroundings
from infra.localcloud.server.supervisor.group import Group, within
from infra.localcloud.server.supervisor.journal import Drain, Journal
from infra.localcloud.server.supervisor.launch import CannotRun, Launcher
from infra.localcloud.server.supervisor.notify import Notifications
from infra.localcloud.server.supervisor.result import SUCCESS, Failed, Result, judged
from infra.localcloud.server.units.unit import Command, Unit

Enter = Callable[[str, str], None]

MEMORY_SECONDS = 1.0


class Activation:
    """`enter` is told each state and sub-state, `ready` is called when the unit counts as started.

    `stop` ends it in order; `limit` caps TimeoutStopSec=, as when the whole server shuts down.
    """

    def __init__(
        self, layout: Layout, unit: Unit, journal: Journal, enter: Enter, ready: Callable[[], None]
    ) -> None:
        self.unit = unit
        self.group = Group(unit)
        self.code: int | None = None
        self.status_text = ""
        self.stop = asyncio.Event()
        self.limit = math.inf
        self._layout, self._journal, self._enter, self._ready = layout, journal, enter, ready
        self._drain = Drain(journal)
        self._launcher = Launcher(unit, str(layout.home), ":".join(surroundings.search_path(layout)))
        self._environment: dict[str, str] = {}
        self._notifications: Notifications | None = None
        self._notified = asyncio.Event()
        self._early: list[tuple[int, dict[str, str]]] = []
        self._watched = asyncio.Event()
        self._control: int | None = None
        self._started = False

    async def run(self) -> Result:
        """Returns how it ended, with nothing of it left."""
        try:
            await self._prepare()
            await self._start()
            self._started = True
            self._ready()
            result = await self._last()
        except Failed as failure:
            result = failure.result
        result = await self._end(result)
        await self._drain.close()
        if self._notifications is not None:
            self._notifications.close()
        return result

    async def reload(self) -> Result:
        """Run ExecReload= beside the main process."""
        for command in self.unit.exec_reload:
            result = await self._run(command, self.unit.timeout_start)
            if not result.good:
                return result
        return SUCCESS

    async def _prepare(self) -> None:
        await self._drain.open()
        if self.unit.listens != "none":
            path = self._layout.runtime / "notify" / self.group.invocation[:12]
            self._notifications = Notifications(path, self._receive)
        try:
            folders = surroundings.make_folders(self._layout, self.unit)
            variables, complaints = surroundings.variables(self._layout, self.unit)
        except (OSError, UnicodeDecodeError) as error:
            self._journal.write(f"systemd: {error}")
            raise Failed(Result("resources", str(error))) from None
        self._environment = {**variables, **folders, "INVOCATION_ID": self.group.invocation}
        if self._notifications is not None:
            self._environment["NOTIFY_SOCKET"] = str(self._notifications.path)
        if self.unit.watchdog < math.inf:
            self._environment["WATCHDOG_USEC"] = str(int(self.unit.watchdog * 1e6))
        self._journal.hide(self._environment)
        for complaint in complaints:
            self._journal.write(f"systemd: {complaint}")

    async def _start(self) -> None:
        unit = self.unit
        for command in unit.exec_start_pre:
            self._enter("activating", "start-pre")
            await self._must(command)
        self._enter("activating", "start")
        for command in unit.exec_start:
            await self._start_main(command)
        for command in unit.exec_start_post:
            self._enter("activating", "start-post")
            await self._must(command)

    async def _must(self, command: Command) -> None:
        result = await self._run(command, self.unit.timeout_start)
        if not result.good:
            raise Failed(result)

    async def _start_main(self, command: Command) -> None:
        unit = self.unit
        try:
            self.group.main = await self._launch(command)
            early, self._early = self._early, []
            for pid, fields in early:
                self._receive(pid, fields)
        except CannotRun as error:
            self.code = error.code
            if unit.type == "simple":  # it counts as started once it has forked
                self._ready()
        else:
            self._enter("activating", "start")
            if unit.type in ("simple", "exec"):
                return
            awaited = [self._ready_notified()] if unit.type == "notify" else []
            if await self._first(*awaited, self._exited(), seconds=unit.timeout_start) == "ready":
                return
        result = judged(unit, self.code or 0, main=True)
        if unit.type == "notify" and result.good:
            raise Failed(Result("protocol", "it ended before it sent READY=1"))
        if not result.good and not command.tolerated:
            raise Failed(result)

    async def _last(self) -> Result:
        """While it is active: until the main process ends, or something ends the unit."""
        unit = self.unit
        result = SUCCESS
        if unit.type != "oneshot":
            self._enter("active", "running")
            reason = await self._first(self._exited(), *self._guards())
            if reason != "exit":
                return Result(reason, _REASONS[reason])
            result = judged(unit, self.code or 0, main=True)
            if not result.good and unit.exec_start[0].tolerated:
                result = SUCCESS
        if result.good and unit.remain_after_exit:
            self._enter("active", "exited")
            await self._first()
        return result

    async def _end(self, result: Result) -> Result:
        if result.good and self._started:
            for command in self.unit.exec_stop:
                self._enter("deactivating", "stop")
                result = await self._run(command, self._patience(), stoppable=False)
                if not result.good:
                    break
        result = await self._terminate(result)
        outcome = _outcome(result, self.code)
        for command in self.unit.exec_stop_post:
            self._enter("deactivating", "stop-post")
            done = await self._run(command, self._patience(), stoppable=False, added=outcome)
            result = done if result.good else result
        if self.unit.kill_mode != "process" and self.unit.send_sigkill:
            await self.group.kill()
        return result

    async def _terminate(self, result: Result) -> Result:
        if self.group.signal(_FIRST_SIGNALS.get(result.name, self.unit.kill_signal)):
            self._enter("deactivating", "stop-sigterm")
        if not await self.group.gone(self._patience()):
            patience = f"it did not end within {self._patience():g} s"
            result = Result("timeout", patience) if result.good else result
            if self.unit.send_sigkill:
                self._enter("deactivating", "stop-sigkill")
                await self.group.kill()
        elif result.good and self.group.main is not None and self.unit.type != "oneshot":
            tolerated = self.unit.exec_start[0].tolerated
            code = await self.group.main.wait()
            self.code = code
            result = SUCCESS if tolerated else judged(self.unit, code, main=True)
        return result

    def _patience(self) -> float:
        return min(self.unit.timeout_stop, self.limit)

    async def _launch(
        self, command: Command, added: Mapping[str, str] | None = None
    ) -> asyncio.subprocess.Process:
        """Raises CannotRun, with a line in the log."""
        environment = {**self._environment, **(added or {})}
        output = DEVNULL if self.unit.standard_output == "null" else self._drain.descriptor
        error = {"null": DEVNULL, "inherit": output}.get(self.unit.standard_error, self._drain.descriptor)
        try:
            return await self._launcher.launch(command, environment, output, error)
        except CannotRun as failure:
            self._journal.write(f"systemd: {failure}")
            raise

    async def _run(
        self,
        command: Command,
        seconds: float,
        *,
        stoppable: bool = True,
        added: Mapping[str, str] | None = None,
    ) -> Result:
        """Run a command beside or around the main process; raises Failed for a time-out or a stop."""
        pid = {"MAINPID": str(self.group.pid)} if self.group.pid else {}
        try:
            child = await self._launch(command, {**pid, **(added or {})})
        except CannotRun as error:
            return SUCCESS if command.tolerated else judged(self.unit, error.code, main=False)
        self._control = child.pid
        try:
            await self._first(_tagged(child.wait(), "exit"), seconds=seconds, stoppable=stoppable)
        except Failed as failure:
            if stoppable:
                raise
            with contextlib.suppress(ProcessLookupError):
                child.kill()
            return failure.result
        finally:
            self._control = None
        result = judged(self.unit, child.returncode or 0, main=False)
        return SUCCESS if command.tolerated else result

    async def _first(
        self, *awaited: Coroutine[Any, Any, str], seconds: float = math.inf, stoppable: bool = True
    ) -> str:
        """What happened first. Raises Failed when told to stop, or when nothing happens in time."""
        every = [*awaited, *([_tagged(self.stop.wait(), "stop")] if stoppable else [])]
        tasks = [asyncio.create_task(each) for each in every]
        try:
            await asyncio.wait(
                tasks, timeout=None if seconds == math.inf else seconds, return_when="FIRST_COMPLETED"
            )
            done = [task.result() for task in tasks if task.done()]
        finally:
            for task in tasks:
                task.cancel()
        if not done:
            raise Failed(Result("timeout", f"it took longer than {seconds:g} s"))
        if done[0] == "stop":
            raise Failed(SUCCESS)
        return done[0]

    async def _exited(self) -> str:
        assert self.group.main is not None
        self.code = await self.group.main.wait()
        return "exit"

    async def _ready_notified(self) -> str:
        await self._notified.wait()
        return "ready"

    def _guards(self) -> list[Coroutine[Any, Any, str]]:
        memory = [self._too_big()] if self.unit.memory_max < math.inf else []
        return memory + ([self._unwatched()] if self.unit.watchdog < math.inf else [])

    async def _too_big(self) -> str:
        while members.memory(self.group.processes()) <= self.unit.memory_max:  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(MEMORY_SECONDS)
        return "oom-kill"

    async def _unwatched(self) -> str:
        while await within(self._watched.wait(), self.unit.watchdog):
            self._watched.clear()
        return "watchdog"

    def _receive(self, pid: int | None, fields: dict[str, str]) -> None:
        allowed = {"main": (self.group.pid,), "exec": (self.group.pid, self._control)}.get(self.unit.listens)
        if allowed is not None and pid is not None and pid not in allowed:
            if self.group.main is None:
                # A process may speak before whoever started it has heard of its pid.
                self._early.append((pid, fields))
                return
            self._journal.write(f"systemd: a notification of pid {pid} is not of the main process: ignored")
            return
        if fields.get("READY") == "1":
            self._notified.set()
        if fields.get("WATCHDOG") == "1":
            self._watched.set()
        self.status_text = fields.get("STATUS", self.status_text)
        for name in sorted(fields.keys() & _NOT_HONOURED_NOTIFICATIONS):
            self._journal.write(f"systemd: the notification {name}= is not honoured here")


_REASONS = {
    "oom-kill": "it used more than MemoryMax=",
    "watchdog": "it sent no WATCHDOG=1 within WatchdogSec=",
}
_FIRST_SIGNALS = {"oom-kill": signal.SIGKILL, "watchdog": signal.SIGABRT}
_NOT_HONOURED_NOTIFICATIONS = frozenset(("MAINPID", "EXTEND_TIMEOUT_USEC", "FDSTORE", "WATCHDOG_USEC"))


def _outcome(result: Result, code: int | None) -> dict[str, str]:
    """What ExecStopPost= is told (systemd.exec(5), SERVICE_RESULT)."""
    found = {"SERVICE_RESULT": result.name}
    if code is not None and code < 0:
        found |= {"EXIT_CODE": "killed", "EXIT_STATUS": signal.Signals(-code).name.removeprefix("SIG")}
    elif code is not None:
        found |= {"EXIT_CODE": "exited", "EXIT_STATUS": str(code)}
    return found


async def _tagged(awaited: Coroutine[Any, Any, object], tag: str) -> str:
    await awaited
    return tag
