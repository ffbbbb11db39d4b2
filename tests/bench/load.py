"""Load over keep-alive connections: on each, one request after the other for as long as it lasts.

A process of its own, so that it shares no interpreter with what it asks: `python -m tests.bench.load` reads a
Request as JSON from its standard input and writes what came back.
"""

import asyncio
import json
import os
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

from infra.paths import ROOT

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Request:
    """What is asked over and over, of 127.0.0.1."""

    port: int
    target: str
    headers: Mapping[str, str]
    method: str = "GET"
    body: str = ""
    connections: int = 16
    seconds: float = 1.0
    pause: float = 0.0
    """Seconds from an answer to the next request on its connection, give or take half, so that none march."""
    processors: Sequence[int] = ()
    """Whoever asks runs on these; none: on whichever."""

    def encoded(self) -> bytes:
        body = self.body.encode()
        length = {"content-type": "application/json", "content-length": str(len(body))} if body else {}
        headers = {"host": f"127.0.0.1:{self.port}", **self.headers, **length}
        lines = [f"{self.method} {self.target} HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
        return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass(frozen=True)
class Load:
    """What came back; times in seconds."""

    seconds: float
    requests: int
    failed: int
    p99: float
    statuses: dict[str, int] = field(default_factory=dict)
    p99s: dict[str, float] = field(default_factory=dict)
    """By status."""
    median: float = 0.0
    retry_after: int = 0
    """How many answers said when to come back."""

    @property
    def rate(self) -> float:
        return self.requests / self.seconds


def load(request: Request) -> Load:
    """Runs it in a process of its own."""
    argv = [sys.executable, "-m", "tests.bench.load"]
    text = json.dumps(asdict(request))
    done = subprocess.run(argv, input=text, capture_output=True, text=True, check=True, cwd=ROOT)
    return Load(**json.loads(done.stdout))


class _Connection(asyncio.Protocol):
    """Sends the same request again as soon as its answer is whole."""

    def __init__(self, request: bytes, until: float, pause: float) -> None:
        self._request, self._until, self._pause = request, until, pause
        self._buffer, self._sent = b"", 0.0
        self.latencies: dict[str, list[float]] = {}
        self.retry_after = 0
        self.done = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send_after(self._pause * random.random())  # noqa: S311

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head = self._buffer.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._buffer, 0, head)
        if length is None:
            raise ValueError("an answer without a length")
        if len(self._buffer) < head + 4 + int(length[1]):
            return
        now = time.perf_counter()
        self.latencies.setdefault(self._buffer[9:12].decode(), []).append(now - self._sent)
        self.retry_after += b"\r\nretry-after:" in self._buffer[:head].lower()
        self._buffer = b""
        if now + self._pause < self._until:
            self._send_after(self._pause * random.uniform(0.5, 1.5))  # noqa: S311
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_result(None)

    def _send_after(self, seconds: float) -> None:
        if seconds:
            asyncio.get_running_loop().call_later(seconds, self._send)
        else:
            self._send()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._request)


async def _run(request: Request) -> Load:
    loop = asyncio.get_running_loop()
    started = time.perf_counter()
    connections = []
    for _ in range(request.connections):
        _, connection = await loop.create_connection(
            lambda: _Connection(request.encoded(), started + request.seconds, request.pause),
            "127.0.0.1",
            request.port,
        )
        connections.append(connection)
    await asyncio.gather(*(connection.done for connection in connections))
    seconds = time.perf_counter() - started
    latencies: dict[str, list[float]] = {}
    for connection in connections:
        for status, some in connection.latencies.items():
            latencies.setdefault(status, []).extend(some)
    statuses = {status: len(some) for status, some in latencies.items()}
    failed = sum(count for status, count in statuses.items() if not status.startswith("2"))
    every = [latency for some in latencies.values() for latency in some]
    p99s = {status: _p99(some) for status, some in latencies.items()}
    retry_after = sum(connection.retry_after for connection in connections)
    return Load(
        seconds, len(every), failed, _p99(every), statuses, p99s, statistics.median(every), retry_after
    )


def _p99(latencies: list[float]) -> float:
    return sorted(latencies)[int(len(latencies) * 0.99)]


if __name__ == "__main__":
    asked = Request(**json.load(sys.stdin))
    if asked.processors:
        os.sched_setaffinity(0, asked.processors)
    json.dump(asdict(asyncio.run(_run(asked))), sys.stdout)
