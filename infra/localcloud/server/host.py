"""One local server's process: its SSH side and its user's manager, below a warden.

`python -m infra.localcloud.server.host --data DIR --name NAME --user USER --listen HOST:PORT`
"""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from infra.localcloud.endpoints import Address
from infra.localcloud.orphans import write_private
from infra.localcloud.redact import RedactingFormatter
from infra.localcloud.server import warden
from infra.localcloud.server.layout import Layout
from infra.localcloud.server.stand_ins import programs

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 10.0
"""Longest TimeoutStopSec= when the whole server shuts down."""


class Host:
    def __init__(self, layout: Layout) -> None:
        from infra.localcloud.server.supervisor.manager import Manager

        self._layout = layout
        self._manager = Manager(layout, self._changed)
        self._booted = False
        self._telling = False

    async def run(self, address: Address) -> None:
        """Until SIGTERM or SIGINT; then all services are stopped in order."""
        from infra.localcloud.accounts import SERVERS
        from infra.localcloud.server.ssh import SshServer
        from infra.localcloud.server.supervisor.control import Control

        told = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, told.set)
        ssh, control = SshServer(self._layout, address, SERVERS), Control(self._manager)
        await ssh.start()
        await control.start(self._layout.control)
        self._changed()
        booting = asyncio.create_task(self._boot())
        await told.wait()
        log.info("told to stop")
        booting.cancel()
        await asyncio.wait([booting])
        await ssh.stop()
        await self._manager.shutdown(SHUTDOWN_SECONDS)
        await control.stop()

    async def _boot(self) -> None:
        try:
            await self._manager.boot()
        finally:
            self._booted = True
            self._changed()

    def _changed(self) -> None:
        """Tell the daemon, once for all that changes now."""
        if not self._telling:
            self._telling = True
            asyncio.get_running_loop().call_soon(self._tell)

    def _tell(self) -> None:
        self._telling = False
        units = self._manager.statuses()
        write_private(self._layout.status, json.dumps({"booted": self._booted, "units": units}))


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    _log_to_stderr()
    layout = Layout(options.data, options.name, options.user)
    host, _, port = options.listen.rpartition(":")
    return warden.guard(layout, lambda: _host(layout, Address(host.strip("[]"), int(port))))


def _host(layout: Layout, address: Address) -> int:
    os.umask(0o022)  # as a login has it; all of this lies in a folder that is its owner's only
    layout.units.mkdir(mode=0o700, parents=True, exist_ok=True)
    _make_private(layout.runtime)
    programs.write(layout)
    asyncio.run(Host(layout).run(address))
    return 0


def _make_private(folder: Path) -> None:
    """Make the folder, or make sure that nobody else did: it lies where others may write."""
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    if found.st_uid != os.getuid() or not folder.is_dir() or folder.is_symlink():
        raise PermissionError(f"{folder} is not this user's folder")
    folder.chmod(0o700)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    formatter = RedactingFormatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("asyncssh").setLevel(logging.WARNING)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.localcloud.server.host")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--name", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--listen", required=True)
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
