"""The processes of one activation: found, signalled and waited for as KillMode= has it."""

import asyncio
import contextlib
import math
import signal
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import psutil

from infra.localcloud.server import members
from infra.localcloud.server.units.unit import Unit

GONE_POLL_SECONDS = 0.02
AFTER_KILL_SECONDS = 5.0


class Group:
    """`main` is set once the main process runs; all inherit INVOCATION_ID=`invocation`."""

    def __init__(self, unit: Unit) -> None:
        self.invocation = uuid.uuid4().hex
        self.main: asyncio.subprocess.Process | None = None
        self._unit = unit

    @property
    def pid(self) -> int | None:
        """The main process, while it lives."""
        return self.main.pid if self.main is not None and self.main.returncode is None else None

    def processes(self) -> list[psutil.Process]:
        session = None if self.main is None else self.main.pid
        return members.of_session(session, "INVOCATION_ID", self.invocation)

    def signal(self, number: signal.Signals) -> bool:
        """Send the gentle signal to those it is for, and wake the suspended; True if there is any."""
        targets = self.processes()
        if self._unit.kill_mode != "control-group":
            targets = [process for process in targets if process.pid == self.pid]
        for process in targets:
            for each in (number, signal.SIGCONT):
                with contextlib.suppress(psutil.Error):
                    process.send_signal(each)
        return bool(targets)

    async def gone(self, patience: float) -> bool:
        """Wait until those have ended whose end counts; False if it takes more than `patience` seconds."""
        deadline = time.monotonic() + patience
        if self.main is not None and not await within(self.main.wait(), patience):
            return False
        if self._unit.kill_mode == "process":
            return True
        if self._unit.kill_mode == "mixed":
            await self.kill()
        while self.processes():
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(GONE_POLL_SECONDS)
        return True

    async def kill(self) -> None:
        """SIGKILL to all, until none is left."""
        deadline = time.monotonic() + AFTER_KILL_SECONDS
        while (left := self.processes()) and time.monotonic() < deadline:
            for process in left:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            await asyncio.sleep(GONE_POLL_SECONDS)
        if self.main is not None:
            await within(self.main.wait(), AFTER_KILL_SECONDS)


async def within(awaited: Coroutine[Any, Any, object], seconds: float) -> bool:
    """True if it is done in time; else it is cancelled."""
    try:
        await asyncio.wait_for(awaited, None if seconds == math.inf else seconds)
    except TimeoutError:
        return False
    return True
