"""What the visitors of each version meet, as the platform tells it meanwhile (Workers real-time logs)."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from typing import Self

import cloudflare
from pydantic import BaseModel, Field, ValidationError
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

from infra.cli import engine
from infra.delivery.gate import PROBE_AGENT, Figures

_PROTOCOL = Subprotocol("trace-v1")
_PROBE = "visitors"
_LEFT = ("canceled", "responseStreamDisconnected")
"""Outcomes of a request whose client didn't wait for its end: nothing that the version did."""
_SWITCHING_PROTOCOLS, _SERVER_ERROR = 101, 500


class NotTold(Exception):
    """The platform doesn't tell of visitors; why, in a line."""


class _Version(BaseModel):
    id: str


class _Request(BaseModel):
    headers: dict[str, str] = {}


class _Response(BaseModel):
    status: int


class _Event(BaseModel):
    request: _Request
    response: _Response | None = None


class _Exception(BaseModel):
    name: str
    message: object


class Told(BaseModel):
    """One request (workers-sdk, createTail.ts; workers-types, TraceItem, 2026-11-26); `ms` until it ended."""

    outcome: str
    version: _Version = Field(alias="scriptVersion")
    event: _Event
    exceptions: list[_Exception] = []
    ms: float = Field(alias="wallTime")

    @property
    def counts(self) -> bool:
        """Not the gate's own, nor one that its client left, nor a WebSocket's, which lasts as it likes."""
        status = self.event.response.status if self.event.response else None
        own = self.event.request.headers.get("user-agent") == PROBE_AGENT
        return not own and self.outcome not in _LEFT and status != _SWITCHING_PROTOCOLS

    @property
    def problem(self) -> str | None:
        if self.outcome != "ok":
            return ", ".join([self.outcome, *(f"{each.name}: {each.message}" for each in self.exceptions)])
        status = self.event.response.status if self.event.response else 0
        return f"status {status}" if status >= _SERVER_ERROR else None


class Visitors:
    """Counts what is told, from `begin` on. `lost`: why no more is told."""

    def __init__(self) -> None:
        self.lost: str | None = None
        self._lock = threading.Lock()
        self._figures: dict[str, Figures] = {}
        self._since = time.monotonic()

    def begin(self) -> Self:
        with self._lock:
            self._figures, self._since = {}, time.monotonic()
        return self

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._since

    def count(self, message: str | bytes) -> None:
        """What is no request, such as a cron trigger or a word about sampling, isn't counted."""
        try:
            told = Told.model_validate_json(message)
        except ValidationError:
            return
        if told.counts:
            with self._lock:
                self._figures.setdefault(told.version.id, Figures()).add(_PROBE, told.ms, told.problem)

    def figures(self, version: str) -> Figures:
        with self._lock:
            found = self._figures.get(version, Figures())
            return Figures({probe: [*ms] for probe, ms in found.ms.items()}, [*found.problems])


@contextlib.contextmanager
def watched() -> Iterator[Visitors]:
    """The visitors of the stack's Worker, for as long as the block lasts. Raises NotTold."""
    config = engine.config()
    account = str(json.loads(config["shoreline:cloudflare"])["accountId"])
    worker = str(json.loads(config["shoreline:edge"])["name"])
    token, base_url = config["cloudflare:apiToken"], config.get("cloudflare:baseUrl")
    with (
        cloudflare.Cloudflare(api_token=token, base_url=base_url) as client,
        told_of(client, account, worker) as visitors,
    ):
        yield visitors


@contextlib.contextmanager
def told_of(client: cloudflare.Cloudflare, account: str, worker: str) -> Iterator[Visitors]:
    """As `watched`, of any Worker."""
    with contextlib.ExitStack() as stack:
        tails = client.workers.scripts.tail
        try:
            tail = tails.create(worker, account_id=account, extra_body={"filters": []})
            socket = connect(tail.url, subprotocols=[_PROTOCOL], max_size=None)
        except (cloudflare.CloudflareError, WebSocketException, OSError) as error:
            raise NotTold(str(error)) from None
        stack.callback(_end, client, tail.id, worker, account)
        stack.enter_context(socket)
        visitors = Visitors()
        threading.Thread(target=_listen, args=(socket, visitors), daemon=True).start()
        yield visitors


def _listen(socket: ClientConnection, visitors: Visitors) -> None:
    try:
        socket.send(json.dumps({"debug": False}))
        for message in socket:
            visitors.count(message)
        visitors.lost = "the platform has ended it"
    except WebSocketException as error:
        visitors.lost = str(error)


def _end(client: cloudflare.Cloudflare, tail: str, worker: str, account: str) -> None:
    # It ends by itself, too.
    with contextlib.suppress(cloudflare.CloudflareError):
        client.workers.scripts.tail.delete(tail, account_id=account, script_name=worker)
