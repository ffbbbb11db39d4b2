"""The local cloud's background process: hosts the control planes, supervises the data planes' processes."""

import argparse
import asyncio
import contextlib
import json
import logging
import os
import secrets
import signal
import sys
import time
from collections.abc import Coroutine, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

import psutil
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.errors import UserError
from infra.localcloud import orphans, ports, running
from infra.localcloud.cloudflare import Cloudflare
from infra.localcloud.endpoints import Address, Endpoints, raise_all
from infra.localcloud.process import ProcessFailed
from infra.localcloud.redact import RedactingFormatter, redact
from infra.localcloud.server import Servers
from infra.localcloud.serving import Server
from infra.localcloud.turso import Turso
from infra.localcloud.upstash import Upstash
from infra.localcloud.vendor import Vendor, holds_token

log = logging.getLogger(__name__)
Failure = TypeVar("Failure", bound=Exception)

WATCH_SECONDS = 0.25
BACKLOG = 128


class Report:
    """Tells the command that started the daemon how it goes, one JSON object a line, until it is up.

    The command may be gone: then nobody listens, and that is fine. The command's lock is held as long.
    """

    def __init__(self, descriptor: int | None, lock: int | None) -> None:
        self._pipe = None if descriptor is None else os.fdopen(descriptor, "w", buffering=1)
        self._lock = lock

    def send(self, **event: Any) -> None:
        if self._pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                print(json.dumps(event), file=self._pipe)

    def close(self) -> None:
        pipe, self._pipe = self._pipe, None
        if pipe is not None:
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        lock, self._lock = self._lock, None
        if lock is not None:
            os.close(lock)


class Daemon:
    """Starts everything, tells so, waits for a signal, stops everything in the reverse order."""

    def __init__(self, data: Path, endpoints: Endpoints, report: Report) -> None:
        self._data = data
        self._endpoints = endpoints
        self._report = report
        self._token = secrets.token_urlsafe(32)
        self._servers: list[Server] = []
        self._vendors = _vendors(data, endpoints)
        self._hosts = Servers(data, endpoints)
        self._since = time.time()
        self._fingerprint = running.fingerprint()

    async def run(self, watched: psutil.Process | None) -> None:
        """Until SIGTERM, SIGINT or the end of `watched`."""
        own = asyncio.current_task()
        assert own is not None
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, own.cancel)
        try:
            await self._start()
            await _until_gone(watched)
        except asyncio.CancelledError:
            log.info("told to stop")
        finally:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, lambda: None)
            await self._stop()

    async def _start(self) -> None:
        raise_all(ports.taken(self._endpoints))
        sockets = [ports.listening(vendor.address, backlog=BACKLOG) for vendor in self._vendors]
        async with asyncio.TaskGroup() as group:
            for vendor in self._vendors:
                group.create_task(self._timed(vendor.name, vendor.start()))
        for vendor, bound in zip(self._vendors, sockets, strict=True):
            self._serve(vendor.name, Server(vendor.name, vendor.app, bound, logging.INFO))
        control = ports.listening(Address("127.0.0.1", 0), backlog=BACKLOG)
        self._serve("control", Server("control", self._control(), control, logging.DEBUG))
        if self._endpoints.servers:  # their services need the vendors, so they come last and go first
            await self._timed("servers", self._hosts.start())
        self._save(Address(*control.getsockname()))

    def _serve(self, name: str, server: Server) -> None:
        log.info("serving %s", name)
        self._servers.append(server)
        server.start()

    def _save(self, control: Address) -> None:
        settings = running.settings(self._endpoints)
        running.Running(control, self._token, self._fingerprint, settings).save(self._data)
        log.info("everything is up after %.2f s", time.time() - self._since)
        self._report.send(up=True)
        self._report.close()

    async def _timed(self, name: str, start: Coroutine[Any, Any, None]) -> None:
        before = time.perf_counter()
        await start
        self._report.send(step=name, seconds=time.perf_counter() - before)

    async def _stop(self) -> None:
        running.forget(self._data)
        await self._hosts.stop()
        await asyncio.gather(*(server.stop() for server in self._servers))
        for vendor in reversed(self._vendors):
            try:
                await vendor.stop()
            except Exception:
                log.exception("%s did not stop cleanly", vendor.name)
        log.info("everything has stopped")

    def _control(self) -> Starlette:
        async def status(request: Request) -> Response:
            if not holds_token(request, self._token):
                return JSONResponse({"error": "wrong token"}, 401)
            return JSONResponse(self._status())

        return Starlette(routes=[Route("/status", status)])

    def _status(self) -> dict[str, Any]:
        vendors = [{"name": vendor.name, "address": str(vendor.address)} for vendor in self._vendors]
        found = [status for vendor in self._vendors for status in vendor.processes()]
        processes = [asdict(status) for status in (*found, *self._hosts.processes())]
        healthy = all(process["since"] is not None for process in processes)
        daemon = {"pid": os.getpid(), "since": self._since}
        return {"healthy": healthy, "daemon": daemon, "vendors": vendors, "processes": processes}


def _vendors(data: Path, endpoints: Endpoints) -> list[Vendor]:
    """In the order of their start; the edge is last, and reaches the others' data planes."""
    others: list[Vendor] = [Turso(data, endpoints)]
    if endpoints.upstash_api and endpoints.upstash_rest:
        others.append(Upstash(data, endpoints.upstash_api, endpoints.upstash_rest))
    outbound = {pattern: address for vendor in others for pattern, address in vendor.hosts().items()}
    return [*others, Cloudflare(data, endpoints, outbound)]


async def _until_gone(watched: psutil.Process | None) -> None:
    """Returns when the process is gone; never, if there is none to watch."""
    if watched is None:
        await asyncio.Event().wait()
    while watched is not None and orphans.lives(watched):  # noqa: ASYNC110 - another process's end sends no event
        await asyncio.sleep(WATCH_SECONDS)
    log.info("the process that this local cloud was to live with is gone")


def main(argv: Sequence[str] | None = None) -> int:
    options = _options(argv)
    _log_to_stderr()
    os.umask(0o077)
    report = Report(options.report, options.lock)
    orphans.reap(options.data)
    orphans.record(options.data, running.DAEMON, os.getpid())
    code = 0
    try:
        asyncio.run(_run(options, report))
    except* UserError as mistakes:
        code = 1
        report.send(mistakes=[(each.where, each.what, each.remedy) for each in _leaves(mistakes)])
    except* ProcessFailed as failures:
        code = 1
        report.send(failure="\n".join(redact(str(each)) for each in _leaves(failures)))
    finally:
        orphans.forget(options.data, running.DAEMON)
        report.close()
    return code


async def _run(options: argparse.Namespace, report: Report) -> None:
    endpoints = Endpoints.load(options.config)
    watched = None if options.die_with is None else psutil.Process(options.die_with)
    await Daemon(options.data, endpoints, report).run(watched)


def _leaves(group: BaseExceptionGroup[Failure]) -> Iterator[Failure]:
    for each in group.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _leaves(each)
        else:
            yield each


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.localcloud.daemon")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--report", type=int)
    parser.add_argument("--lock", type=int)
    parser.add_argument("--die-with", type=int)
    return parser.parse_args(argv)


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    formatter = RedactingFormatter("%(asctime)s.%(msecs)03dZ %(levelname)s %(message)s", "%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for chatty in ("httpx", "httpcore", "uvicorn"):
        logging.getLogger(chatty).setLevel(logging.WARNING)


if __name__ == "__main__":
    sys.exit(main())
