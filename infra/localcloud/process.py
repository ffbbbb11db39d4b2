"""A child process that the daemon keeps alive, and that ends with it."""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.localcloud import orphans
from infra.localcloud.logs import log_file, tail, trim

log = logging.getLogger(__name__)

READY_SECONDS = 30.0
POLL_SECONDS = 0.02
BACKOFF_SECONDS = (0.1, 5.0)
"""Wait before the first restart, doubled at each further one up to the second figure."""
SETTLED_SECONDS = 10.0
"""A child that lived this long starts its next backoff afresh."""
TRIM_SECONDS = 60.0


@dataclass(frozen=True)
class ProcessStatus:
    """`pid` is None while the child is down, `since` (seconds since the epoch) until it is ready again.

    `address` is where it listens, `restarts` how often it was started again since the daemon's start.
    """

    name: str
    pid: int | None
    since: float | None
    restarts: int
    address: str | None


class ProcessFailed(Exception):
    """A child did not become ready; carries the end of its log."""

    def __init__(self, name: str, log_tail: str) -> None:
        super().__init__(f"{name} did not start; the end of its log:\n{log_tail}")
        self.name = name
        self.log_tail = log_tail


class Process:
    """A child the daemon keeps alive: restarted with backoff when it dies, killed with the daemon.

    `directory` is the local cloud's data folder: the child runs in it, its output goes to `logs/<name>.log`
    and its record (pid and birth) to `run/pids/<name>.json` below it. `env` is added to the daemon's
    environment. `ready` is polled until true, at the first start and after each restart; an OSError of it
    counts as false. Linux ties the parent-death signal to the thread that forked: start on the main thread.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        *,
        directory: Path,
        env: Mapping[str, str] | None = None,
        pass_fds: Sequence[int] = (),
        ready: Callable[[], Awaitable[bool]],
        address: str | None = None,
    ) -> None:
        self.name = name
        self._argv = tuple(argv)
        self._directory = directory
        self._env = {**os.environ, **(env or {})}
        self._pass_fds = tuple(pass_fds)
        self._ready = ready
        self._address = address
        self._child: asyncio.subprocess.Process | None = None
        self._since: float | None = None
        self._restarts = 0
        self._keeper: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Returns when `ready` is true; raises ProcessFailed if the child dies or isn't ready within 30 s."""
        if self._keeper is not None:
            raise RuntimeError(f"{self.name} has been started already")
        try:
            await self._launch()
        except BaseException:
            await self._end(grace=0.0)
            raise
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def stop(self, grace: float = 5.0) -> None:
        """Terminates the child, kills it after `grace` seconds. Stopping a stopped process does nothing."""
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
            self._keeper = None
        await self._end(grace)

    def status(self) -> ProcessStatus:
        child = self._child
        pid = child.pid if child is not None and child.returncode is None else None
        return ProcessStatus(self.name, pid, self._since if pid else None, self._restarts, self._address)

    async def _launch(self) -> None:
        with log_file(self._directory, self.name) as output:
            self._child = await asyncio.create_subprocess_exec(
                *self._argv,
                cwd=self._directory,
                env=self._env,
                pass_fds=self._pass_fds,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                preexec_fn=die_with(os.getpid()),
            )
        orphans.record(self._directory, self.name, self._child.pid)
        await self._become_ready(self._child)
        self._since = time.time()

    async def _become_ready(self, child: asyncio.subprocess.Process) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and child.returncode is None:
            with contextlib.suppress(OSError):
                if await self._ready():
                    return
            await asyncio.sleep(POLL_SECONDS)
        raise ProcessFailed(self.name, tail(self._directory, self.name))

    async def _keep(self) -> None:
        backoff = BACKOFF_SECONDS[0]
        while True:
            await self._lived()
            if self._since is not None and time.time() - self._since > SETTLED_SECONDS:
                backoff = BACKOFF_SECONDS[0]
            self._since = None
            log.warning("%s ended with %s; starting it again in %.1f s", self.name, self._code(), backoff)
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, BACKOFF_SECONDS[1])
            self._restarts += 1
            try:
                await self._launch()
            except (ProcessFailed, OSError) as failure:
                log.error("%s", failure)
                await self._end(grace=0.0)

    async def _lived(self) -> None:
        """Wait for the child's end, keeping its log bounded meanwhile."""
        while self._child is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._child.wait(), TRIM_SECONDS)
                return
            trim(self._directory, self.name)

    def _code(self) -> str:
        return "no status" if self._child is None else f"status {self._child.returncode}"

    async def _end(self, grace: float) -> None:
        child = self._child
        if child is None:
            return
        if child.returncode is None and grace > 0:
            with contextlib.suppress(ProcessLookupError):
                child.terminate()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(child.wait(), grace)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)  # its session: what the child started goes with it
        await child.wait()
        self._child = None
        orphans.forget(self._directory, self.name)


def die_with(parent: int) -> Callable[[], None] | None:
    """What a forked child runs before exec so that the kernel kills it with its parent.

    None where there is no such call: other systems than Linux have their orphans reaped at the next start.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG, linux/prctl.h

    def arrange() -> None:
        prctl(set_parent_death_signal, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return arrange
