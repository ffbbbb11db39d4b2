"""A thousand clients in one room, some of whom type.

`python -m tests.bench.crowd` reads a Crowd as JSON from its standard input and writes what it has measured. A
process of its own, and as cheap as it can be: sockets without a WebSocket library, no frame is taken apart,
what comes is searched for the marks that each edit bears. Slower than the server, it would find several
frames in one reading, so that it catches up. What it uses of a core itself is told with each figure.
"""

import json
import re
import select
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field

import psutil
from pycrdt import Doc, Text

from infra.paths import ROOT
from services.realtime import protocol
from services.realtime.updates import BODY

DEADLINE = 10.0
_MARK = re.compile(rb"<(\d{8})>")
_TAIL = 9
"""So many bytes at the end of a reading may be the beginning of a mark."""
_SAMPLED = 10
"""Of so many readers one's delays are kept."""


@dataclass(frozen=True)
class Phase:
    """`pace`: edits a second of all writers together; None: as many are on their way as there are writers."""

    name: str
    writers: int
    pace: float | None
    seconds: float


@dataclass(frozen=True)
class Crowd:
    """`process`: the server's, whose CPU time is taken. One client for each of `headers`."""

    port: int
    target: str
    process: int
    headers: Sequence[Mapping[str, str]]
    writers: int
    phases: Sequence[Phase]


@dataclass(frozen=True)
class Figures:
    """Of one phase. A message is one edit that has come to one reader.

    `cpu` is the server's for a message; of a core, `server` is what it uses and `own` what the crowd does.
    """

    messages: float
    p99: float
    cpu: float
    own: float
    server: float


def measure(crowd: Crowd) -> dict[str, Figures]:
    """In a process of its own."""
    argv = [sys.executable, "-m", "tests.bench.crowd"]
    done = subprocess.run(
        argv, input=json.dumps(asdict(crowd)), stdout=subprocess.PIPE, text=True, check=True, cwd=ROOT
    )
    return {name: Figures(**each) for name, each in json.loads(done.stdout).items()}


@dataclass
class Client:
    socket: socket.socket
    tail: bytes = b""


def connected(crowd: Crowd, headers: Mapping[str, str]) -> socket.socket:
    """Past the upgrade."""
    upgrade = {
        "host": f"127.0.0.1:{crowd.port}",
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        **headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in upgrade.items())
    opened = socket.create_connection(("127.0.0.1", crowd.port), timeout=DEADLINE)
    opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    opened.sendall(f"GET {crowd.target} HTTP/1.1\r\n{lines}\r\n".encode())
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += opened.recv(65536)
    if not answer.startswith(b"HTTP/1.1 101"):
        raise AssertionError(answer[:500])
    if answer.endswith(b"\r\n\r\n"):
        # Every server says something to who is in the room.
        opened.recv(65536)
    opened.setblocking(False)
    return opened


def _frame(message: bytes) -> bytes:
    assert len(message) < 126
    return bytes((0x82, 0x80 | len(message))) + b"\0\0\0\0" + message


class Typist:
    """Its edits are made before they are needed."""

    def __init__(self, opened: socket.socket, first: int, count: int) -> None:
        self._socket = opened
        doc: Doc[Text] = Doc()
        text, at = doc.get(BODY, type=Text), 0
        self._ready: list[tuple[int, bytes]] = []
        for number in range(first, first + count):
            before = doc.get_state()
            mark = f"<{number:08}>"
            text.insert(at, mark)
            at += len(mark)
            self._ready.append((number, _frame(protocol.update(doc.get_update(before)))))
        self._ready.reverse()

    def type(self) -> int:
        number, frame = self._ready.pop()
        self._socket.sendall(frame)
        return number


@dataclass
class Run:
    """The clients, and what has come to the readers."""

    clients: dict[int, Client]
    readers: set[int]
    poll: select.epoll
    typists: list[Typist]
    sent: dict[int, float] = field(default_factory=dict)
    came: int = 0
    delays: list[float] = field(default_factory=list)

    def phase(self, phase: Phase, process: psutil.Process) -> Figures:
        self.came, self.sent, self.delays = 0, {}, []
        typed = 0
        started, cpu, own = time.perf_counter(), _cpu(process), time.process_time()
        while (now := time.perf_counter()) - started < phase.seconds:
            while typed < self._due(phase, now - started):
                typist = self.typists[typed % phase.writers]
                self.sent[typist.type()] = time.perf_counter()
                typed += 1
            self._read(0.002)
        # Only what has come is counted: the rest must come, but isn't waited for within the time.
        seconds, came = time.perf_counter() - started, self.came
        used, used_here = _cpu(process) - cpu, time.process_time() - own
        end = now + DEADLINE
        while self.came < typed * len(self.readers):
            self._read(0.1)
            if time.perf_counter() > end:
                raise AssertionError(f"{phase.name}: {self.came} of {typed * len(self.readers)} came")
        delays = sorted(self.delays)
        p99 = delays[int(len(delays) * 0.99)]
        return Figures(came / seconds, p99, used / came, used_here / seconds, used / seconds)

    def _due(self, phase: Phase, seconds: float) -> float:
        if phase.pace is not None:
            return seconds * phase.pace
        return self.came // len(self.readers) + phase.writers

    def _read(self, timeout: float) -> None:
        for number, _ in self.poll.poll(timeout):
            client = self.clients[number]
            came = client.socket.recv(1 << 18)
            if not came:
                raise AssertionError("the server has closed a connection")
            if number not in self.readers:
                continue
            came = client.tail + came
            marks = _MARK.findall(came)
            # A mark that is whole is no tail.
            cut = came.rfind(b"<", -_TAIL)
            client.tail = came[cut:] if cut >= 0 and not _MARK.match(came, cut) else b""
            self.came += len(marks)
            if number % _SAMPLED == 0:
                now = time.perf_counter()
                self.delays += [now - self.sent[int(mark)] for mark in marks]


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def run(crowd: Crowd) -> dict[str, Figures]:
    opened = [connected(crowd, headers) for headers in crowd.headers]
    typists = [Typist(each, 10_000 * number, 1_500) for number, each in enumerate(opened[: crowd.writers])]
    poll = select.epoll()
    for each in opened:
        poll.register(each, select.EPOLLIN)
    readers = {each.fileno() for each in opened[crowd.writers :]}
    running = Run({each.fileno(): Client(each) for each in opened}, readers, poll, typists)
    process = psutil.Process(crowd.process)
    found = {phase.name: running.phase(phase, process) for phase in crowd.phases}
    for each in opened:
        each.close()
    return found


if __name__ == "__main__":
    asked = json.load(sys.stdin)
    asked["phases"] = [Phase(**each) for each in asked["phases"]]
    json.dump({name: asdict(each) for name, each in run(Crowd(**asked)).items()}, sys.stdout)
