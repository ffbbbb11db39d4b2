"""A service over its activations: started, restarted as its unit asks, stopped, and what to tell of it."""

import asyncio
import contextlib
import math
import time
from collections.abc import Callable

from infra.localcloud import orphans
from infra.localcloud.server.layout import Layout, log_name
from infra.localcloud.server.supervisor import surroundings
from infra.localcloud.server.supervisor.activation import Activation
from infra.localcloud.server.supervisor.journal import Journal
from infra.localcloud.server.supervisor.result import SUCCESS, Result, restarts
from infra.localcloud.server.units.unit import Unit

CANCELED = Result("canceled", "it was stopped meanwhile")
LIMIT_HIT = Result("start-limit-hit", "it was started too often; see StartLimitBurst=")


class StartLimit:
    """At most `burst` starts within `interval` seconds of the first (systemd's rate limit, 252)."""

    def __init__(self) -> None:
        self._begin, self._count = -math.inf, 0

    def allows(self, burst: int, interval: float) -> bool:
        now = time.monotonic()
        if burst == 0 or interval == 0:
            return True
        if now - self._begin > interval:
            self._begin, self._count = now, 0
        self._count += 1
        return self._count <= burst

    def reset(self) -> None:
        self._begin = -math.inf


class Service:
    """`changed` is called after each change of state."""

    def __init__(self, layout: Layout, unit: Unit, changed: Callable[[], None]) -> None:
        self.unit = unit
        self.loaded = time.time()
        self.active, self.sub = "inactive", "dead"
        self.result = SUCCESS
        self.since = time.time()
        self.restarted = 0
        self.activation: Activation | None = None
        self.code: int | None = None
        self.journal = Journal(layout.data, log_name(layout.name, unit.name))
        self._layout, self._changed = layout, changed
        self._record = log_name(layout.name, unit.name)
        self._limit = StartLimit()
        self._life: asyncio.Task[None] | None = None
        self._started: asyncio.Future[Result] | None = None
        self._stopping = False
        self._keep_runtime = False
        self._wake = asyncio.Event()
        self._patience = math.inf

    def adopt(self, unit: Unit) -> None:
        """Use this reading of its file from its next start on."""
        self.unit, self.loaded = unit, time.time()

    @property
    def runs(self) -> bool:
        """True from its start until it is inactive or failed."""
        return self._life is not None

    @property
    def pid(self) -> int | None:
        return self.activation.group.pid if self.activation else None

    async def start(self) -> Result:
        """Returns when it counts as started, or why it doesn't. A start under way is joined."""
        while self._life is not None and self._stopping:
            await asyncio.wait([self._life])
        if self._life is None:
            if not self._limit.allows(self.unit.start_limit_burst, self.unit.start_limit_interval):
                self._finish(LIMIT_HIT)
                return LIMIT_HIT
            self.restarted = 0
            self._begin()
        self._wake.set()  # one that waits for its RestartSec= starts now
        assert self._started is not None
        return await asyncio.shield(self._started)

    async def stop(self, *, patience: float = math.inf, keep_runtime: bool = False) -> Result:
        """Returns when nothing of it runs, and how it ended. `patience` caps its TimeoutStopSec=."""
        if self._life is None:
            return SUCCESS
        self._stopping, self._keep_runtime, self._patience = True, keep_runtime, patience
        self._wake.set()
        if self.activation is not None:
            self.activation.limit = patience
            self.activation.stop.set()
        await asyncio.wait([self._life])
        return self.result

    async def reload(self) -> Result:
        """Runs ExecReload=; only for an active service that has one."""
        assert self.activation is not None
        before = self.sub
        self._enter("reloading", "reload")
        result = await self.activation.reload()
        if self.active == "reloading":
            self._enter("active", before)
        return result

    def reset(self) -> None:
        """Forget a failure and the starts counted so far."""
        self._limit.reset()
        if self.active == "failed":
            self.result = SUCCESS
            self._enter("inactive", "dead")

    def _begin(self) -> None:
        self._stopping = self._keep_runtime = False
        self._started = asyncio.get_running_loop().create_future()
        self._life = asyncio.create_task(self._live(), name=self.unit.name)

    async def _live(self) -> None:
        result = LIMIT_HIT
        try:
            while True:
                result = await self._activate()
                if self._stopping or not restarts(self.unit, result):
                    break
                if not await self._waited(result):
                    break
                if not self._limit.allows(self.unit.start_limit_burst, self.unit.start_limit_interval):
                    result = LIMIT_HIT
                    break
                self.restarted += 1
        finally:
            self._life = None
            self._finish(result)

    async def _activate(self) -> Result:
        unit = self.unit
        activation = Activation(self._layout, unit, self.journal, self._enter, lambda: self._settle(SUCCESS))
        activation.limit = self._patience if self._stopping else math.inf
        self.activation, self.code = activation, None
        self.journal.write(f"systemd: starting {unit.name}")
        result = await activation.run()
        self.code = activation.code
        self.activation = None
        self.result = result
        orphans.forget(self._layout.data, self._record)
        self.journal.write(f"systemd: {unit.name} ended: {result}")
        self._settle(CANCELED if self._stopping else result)
        return result

    async def _waited(self, result: Result) -> bool:
        """Wait for RestartSec=; False if it was stopped meanwhile."""
        assert self._started is not None
        if self._started.done():
            self._started = asyncio.get_running_loop().create_future()
        if self.unit.runtime_directory_preserve == "no":
            surroundings.remove_runtime_folders(self._layout, self.unit)
        self._wake.clear()
        self._enter("activating", "auto-restart")
        seconds = self.unit.restart_seconds
        self.journal.write(f"systemd: {self.unit.name} starts again in {seconds:g} s after {result.name}")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), None if seconds == math.inf else seconds)
        return not self._stopping

    def _finish(self, result: Result) -> None:
        keep = self.unit.runtime_directory_preserve
        if keep == "no" or (keep == "restart" and not self._keep_runtime):
            surroundings.remove_runtime_folders(self._layout, self.unit)
        self.result = result
        self._settle(CANCELED if self._stopping else result)
        if result.good:
            self._enter("inactive", "dead")
        else:
            self._enter("failed", "failed")

    def _settle(self, result: Result) -> None:
        if self._started is not None and not self._started.done():
            self._started.set_result(result)

    def _enter(self, active: str, sub: str) -> None:
        if active != self.active:
            self.since = time.time()
        self.active, self.sub = active, sub
        if self.pid and sub in ("start", "running"):
            orphans.record(self._layout.data, self._record, self.pid)
        self._changed()
