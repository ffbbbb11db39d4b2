"""An HTTP proxy before a real server that counts requests, keeps them, and can break the way."""

import http.client
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Literal, cast

from multidict import CIMultiDict


@dataclass(frozen=True)
class Passed:
    """One request that reached the gate."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What the gate answers in the server's place."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


Trouble = Literal["late", "hangs", "drops", "stalls"] | Answer
"""late: answers after LATE_SECONDS; hangs: never answers; drops: closes the connection; stalls: sends half an
answer, then nothing."""

LATE_SECONDS = 1.0


class Gate:
    """`port` is where clients connect; `passed` what they sent."""

    def __init__(self, upstream_port: int) -> None:
        self.passed: list[Passed] = []
        self._upstream_port = upstream_port
        self._trouble: Trouble | None = None
        self._released = threading.Event()
        self._server = _Server(self)
        self.port: int = self._server.server_address[1]

    @contextmanager
    def opened(self) -> Iterator["Gate"]:
        thread = threading.Thread(target=self._server.serve_forever, args=[0.05], daemon=True)
        thread.start()
        try:
            yield self
        finally:
            self._released.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    @contextmanager
    def trouble(self, kind: Trouble) -> Iterator[None]:
        """Breaks the way as long as the block lasts."""
        self._trouble, self._released = kind, threading.Event()
        try:
            yield
        finally:
            self._trouble = None
            self._released.set()

    @contextmanager
    def counted(self) -> Iterator[list[Passed]]:
        """The requests that arrive during the block."""
        self.passed.clear()
        yield self.passed

    def handle(self, handler: "_Handler") -> None:
        body = _read_body(handler)
        headers = {name.lower(): value for name, value in handler.headers.items()}
        self.passed.append(Passed(handler.command, handler.path, headers, body))
        trouble = self._trouble
        if trouble == "late":
            self._released.wait(LATE_SECONDS)
            trouble = None
        if trouble is None:
            _reply(handler, self._forward(self.passed[-1]))
        elif isinstance(trouble, Answer):
            _reply(handler, trouble)
        else:
            self._break(handler, trouble)

    def _forward(self, request: Passed) -> Answer:
        upstream = http.client.HTTPConnection("127.0.0.1", self._upstream_port, timeout=30)
        try:
            headers = {n: value for n, value in request.headers.items() if n != "transfer-encoding"}
            upstream.request(request.method, request.path, request.body, headers)
            response = upstream.getresponse()
            kept = [each for each in response.getheaders() if each[0].lower() not in _HOP_BY_HOP]
            # There may be more than one Set-Cookie.
            return Answer(response.status, response.read(), CIMultiDict(kept))
        finally:
            upstream.close()

    def _break(self, handler: "_Handler", trouble: Literal["hangs", "drops", "stalls"]) -> None:
        handler.close_connection = True
        if trouble == "stalls":
            handler.wfile.write(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n{")
        if trouble != "drops":
            self._released.wait(60)


_HOP_BY_HOP = ("connection", "content-length", "date", "keep-alive", "server", "transfer-encoding")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, gate: Gate) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.gate = gate


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        cast("_Server", self.server).gate.handle(self)

    do_GET = do_HEAD = do_PUT = do_DELETE = do_OPTIONS = do_POST  # noqa: N815 - the names are http.server's

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Quiet: the tests read `Gate.passed`."""


def _read_body(handler: _Handler) -> bytes:
    if "transfer-encoding" not in handler.headers:
        return handler.rfile.read(int(handler.headers.get("content-length", 0)))
    chunks = []
    while size := int(handler.rfile.readline(), 16):
        chunks.append(handler.rfile.read(size))
        handler.rfile.readline()
    handler.rfile.readline()
    return b"".join(chunks)


def _reply(handler: _Handler, answer: Answer) -> None:
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("content-length", str(len(answer.body)))
    handler.end_headers()
    if handler.command != "HEAD":
        handler.wfile.write(answer.body)
