"""The data plane: one workerd on the edge's address, running our router, which loads versions as isolates.

Versions are loaded at run time by workerd's worker loader, not listed in its configuration. So a deployment,
a route or a new version is one message over the control socket: nothing restarts and no connection is cut.
A second workerd on the same listening socket, with SIGTERM for the old one, failed 126 of 26,592 requests of
16 keep-alive clients over ten swaps: an idle connection is closed while its next request is on the way. A
router process before a swapped one needed 480 us of CPU a request, the Worker alone 75 us (2026-11-23).

The table is also a file that workerd reads at its start, so one that crashed comes back with what it served;
the listening socket is the daemon's and stays open meanwhile.
"""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from infra.errors import UserError
from infra.localcloud.cloudflare import workerd
from infra.localcloud.cloudflare.files import Files
from infra.localcloud.cloudflare.table import Table
from infra.localcloud.endpoints import Address
from infra.localcloud.orphans import write_private
from infra.localcloud.process import Process, ProcessStatus

ROUTER = Path(__file__).parent / "router" / "router.ts"
ROUTER_COMPATIBILITY_DATE = "2026-10-15"
PUSH_SECONDS = 15.0
"""How long a change waits for a workerd that is being restarted."""
CRON_SECONDS = 15 * 60.0
"""Longest run of a cron trigger (Cloudflare Workers limits, 2026-11-23)."""


@dataclass(frozen=True)
class Outcome:
    """How a `scheduled` handler ended: `ok` or what workerd calls it; the version that ran, its error."""

    outcome: str
    version: str | None
    error: str | None


class Engine:
    """`run` holds its configuration; `outbound` maps host patterns to addresses on this machine."""

    def __init__(
        self, data: Path, run: Path, files: Files, edge: Address, outbound: Mapping[str, Address]
    ) -> None:
        self._data, self._run, self._files = data, run, files
        self._outbound = dict(outbound)
        self.edge = edge
        self._key = secrets.token_hex(32)
        self._pushing = asyncio.Lock()
        self._process: Process | None = None
        self._client: httpx.AsyncClient | None = None
        self._sockets: list[socket.socket] = []

    def outbound_names(self) -> dict[str, str]:
        """Host pattern to the name the router knows its service by."""
        return {pattern: str(number) for number, pattern in enumerate(self._outbound)}

    async def start(self, table: Table) -> None:
        """Raises UserError if the edge's port is taken, ProcessFailed if workerd does not start."""
        edge, control = _listen(self.edge), _listen(Address("127.0.0.1", 0))
        self._sockets = [edge, control]
        self.edge = _address(edge)
        self._run.mkdir(mode=0o700, parents=True, exist_ok=True)
        await bundle_router(self._run / "router.js")
        self._write_table(table)
        write_private(self._run / "edge.capnp", self._config(table))
        self._client = httpx.AsyncClient(
            base_url=_address(control).url,
            headers={"x-control-key": self._key},
            trust_env=False,
            timeout=PUSH_SECONDS,
        )
        self._process = Process(
            "edge",
            [
                str(workerd.workerd_binary()),
                "serve",
                "--experimental",
                f"--socket-fd=edge={edge.fileno()}",
                f"--socket-fd=control={control.fileno()}",
                str(self._run / "edge.capnp"),
            ],
            directory=self._data,
            pass_fds=[edge.fileno(), control.fileno()],
            ready=self._ready,
            address=str(self.edge),
        )
        await self._process.start()

    async def stop(self) -> None:
        if self._process is not None:
            await self._process.stop()
        if self._client is not None:
            await self._client.aclose()
        for listening in self._sockets:
            listening.close()
        self._process, self._client, self._sockets = None, None, []

    def processes(self) -> list[ProcessStatus]:
        return [] if self._process is None else [self._process.status()]

    async def apply(self, table: Table) -> None:
        """Returns when the edge serves this table; the file comes first, for a workerd that dies."""
        async with self._pushing:
            self._write_table(table)
            deadline = time.monotonic() + PUSH_SECONDS
            while True:
                try:
                    (await self._control("PUT", "/table", table)).raise_for_status()
                    return
                except httpx.TransportError:
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(0.05)

    async def scheduled(self, worker: str, cron: str, at: float) -> Outcome:
        """Run the `scheduled` handler of the Worker's deployment; `at` in seconds since the epoch."""
        event = {"worker": worker, "cron": cron, "scheduledTime": int(at * 1000)}
        try:
            response = await self._control("POST", "/scheduled", event, seconds=CRON_SECONDS)
        except httpx.TransportError as error:
            return Outcome("exception", None, f"the edge did not answer: {error!r}")
        response.raise_for_status()
        return Outcome(**response.json())

    async def traces(self) -> list[dict[str, Any]]:
        """What Workers have done since the last call, if that was seconds ago. Raises httpx.HTTPError."""
        response = (await self._control("POST", "/traces")).raise_for_status()
        traces: list[dict[str, Any]] = response.json()
        return traces

    async def _ready(self) -> bool:
        try:
            return (await self._control("GET", "/ready", seconds=2.0)).is_success
        except httpx.TransportError:
            return False

    async def _control(
        self, method: str, path: str, content: Any = None, seconds: float = PUSH_SECONDS
    ) -> httpx.Response:
        if self._client is None:
            raise RuntimeError("the engine is not running")
        return await self._client.request(method, path, json=content, timeout=seconds)

    def _write_table(self, table: Table) -> None:
        """Derived from the store, so a power loss may take it: each start writes it anew."""
        write_private(self._run / "table.json", json.dumps(table, ensure_ascii=False))

    def _config(self, table: Table) -> str:
        disks = {"versions": self._files.versions, "assets": self._files.assets}
        externals = {f"outbound-{number}": address for number, address in enumerate(self._outbound.values())}
        bindings = {
            "TABLE": {"json": workerd.embed("table.json")},
            "CONTROL_KEY": {"text": workerd.text(self._key)},
            "LOADER": {"workerLoader": '(id = "versions")'},
            "VERSIONS": {"service": workerd.text("versions")},
            "ASSETS": {"service": workerd.text("assets")},
            "INTERNET": {"service": workerd.text("internet")},
            "LOOPBACK": {"service": workerd.text("loopback")},
            **{f"OUTBOUND_{n}": {"service": workerd.text(f"outbound-{n}")} for n in range(len(externals))},
        }
        router = workerd.struct(
            {
                "modules": f'[(name = "router.js", esModule = {workerd.embed("router.js")})]',
                "compatibilityDate": workerd.text(ROUTER_COMPATIBILITY_DATE),
                # `experimental` is for tunnel.ts.
                "compatibilityFlags": '["experimental", "service_binding_extra_handlers"]',
                "bindings": workerd.listing(
                    workerd.struct({"name": workerd.text(name), **kind}) for name, kind in bindings.items()
                ),
            }
        )
        services = {
            "router": {"worker": router},
            "internet": {"network": '(allow = ["public"], tlsOptions = (trustBrowserCas = true))'},
            "loopback": {"network": '(allow = ["127.0.0.0/8"])'},
            **{name: {"disk": f"(path = {workerd.text(str(path))})"} for name, path in disks.items()},
            **{
                name: {"external": f"(address = {workerd.text(str(at))}, http = ())"}
                for name, at in externals.items()
            },
        }
        control = '(name = "router", entrypoint = "Control")'
        return workerd.config(
            services,
            [
                {"name": '"edge"', "http": _arrival(table["scheme"]), "service": '"router"'},
                {"name": '"control"', "http": "()", "service": control},
            ],
        )


def _arrival(scheme: str) -> str:
    """What the edge's socket does to each request: Cloudflare's headers instead of the client's claims."""
    headers = {
        "CF-Connecting-IP": "127.0.0.1",
        "X-Real-IP": "127.0.0.1",
        "CF-IPCountry": "XX",
        "CF-Visitor": json.dumps({"scheme": scheme}, separators=(",", ":")),
        "X-Forwarded-Proto": scheme,
    }
    injected = [
        workerd.struct({"name": workerd.text(n), "value": workerd.text(v)}) for n, v in headers.items()
    ]
    removed = [workerd.struct({"name": workerd.text(name)}) for name in ("CF-Worker", "True-Client-IP")]
    return workerd.struct({"injectRequestHeaders": workerd.listing([*injected, *removed])})


async def bundle_router(target: Path) -> None:
    """Bundle the router's TypeScript into one module. Raises RuntimeError with esbuild's message."""
    argv = [str(workerd.esbuild_binary()), str(ROUTER), "--bundle", "--format=esm", "--log-level=warning"]
    child = await asyncio.create_subprocess_exec(
        *argv,
        "--external:cloudflare:*",
        "--loader:.worker.js=text",
        f"--outfile={target}",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await child.communicate()
    if child.returncode:
        raise RuntimeError(f"esbuild could not bundle the router: {output.decode(errors='replace')}")


def _listen(address: Address) -> socket.socket:
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    try:
        return socket.create_server((address.host, address.port), family=family, backlog=1024)
    except OSError as error:
        raise UserError(
            f"shoreline:edge.url ({address})",
            f"cannot be listened on: {error.strerror}",
            "Free the port or choose another",
        ) from None


def _address(listening: socket.socket) -> Address:
    host, port = listening.getsockname()[:2]
    return Address(host, port)
