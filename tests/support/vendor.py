"""One vendor of the local cloud alone, its control plane in a thread of the test process."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from infra.localcloud.vendor import Vendor
from tests.support.process import until


class _Thread(threading.Thread):
    """Makes, runs and ends the vendor: what it holds belongs to one thread."""

    def __init__(self, make: Callable[[], Vendor]) -> None:
        super().__init__(daemon=True)
        self._make = make
        self._server: uvicorn.Server | None = None

    def run(self) -> None:
        asyncio.run(self._serve())

    def stop(self) -> None:
        if self._server is not None:
            self._server.should_exit = True
        self.join(timeout=30)

    def port(self) -> int | None:
        """Of the control plane, once it answers."""
        if not self.is_alive():
            raise AssertionError("the vendor ended while it started")
        if self._server is None or not self._server.started:
            return None
        return int(self._server.servers[0].sockets[0].getsockname()[1])

    async def _serve(self) -> None:
        vendor = self._make()
        await vendor.start()
        config = uvicorn.Config(
            vendor.app, host="127.0.0.1", port=0, lifespan="off", log_config=None, access_log=False
        )
        self._server = uvicorn.Server(config)
        try:
            await self._server.serve()
        finally:
            await vendor.stop()


@contextmanager
def hosted(make: Callable[[], Vendor]) -> Iterator[str]:
    """Runs until the block ends, and gives the control plane's URL; the data plane dies with this process."""
    thread = _Thread(make)
    thread.start()
    try:
        yield f"http://127.0.0.1:{until(thread.port, 'the vendor answers')}"
    finally:
        thread.stop()
