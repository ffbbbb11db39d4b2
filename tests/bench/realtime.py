"""`python -m tests.bench.realtime`: one note with 1,000 people in it, on one process.

Beside y-websocket's own server, which keeps nothing, and beside a plain broadcast on picows, the floor. The
three take turns, each in a new room every time; a ratio is the median of the rounds' ratios.
"""

import os
import statistics
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from infra.paths import NODE_MODULES, ROOT
from services.common.identity import Identity
from services.common.ids import new_id
from tests.bench.crowd import Crowd, Figures, Phase, measure
from tests.support.notes import insert_notes
from tests.support.process import listening_port, running
from tests.support.realtime import realtime_service

ROUNDS = 5
CLIENTS = 1_000
WRITERS = 10
PHASES = (
    Phase("ten type as fast as all can read", WRITERS, None, 2.0),
    Phase("ten type, twenty edits a second", WRITERS, 20.0, 2.0),
)
FLOOR, PEER, OURS = "plain broadcast", "y-websocket", "Shoreline"


@dataclass(frozen=True)
class Contestant:
    """`room` makes a new one: its target, and each client's headers."""

    port: int
    process: int
    room: Callable[[], tuple[str, Sequence[Mapping[str, str]]]]

    def run(self) -> dict[str, Figures]:
        target, headers = self.room()
        return measure(Crowd(self.port, target, self.process, headers, WRITERS, PHASES))


def floor(stack: ExitStack, folder: Path) -> Contestant:
    return _bare(stack, folder / "floor.log", [sys.executable, "-m", "tests.bench.broadcast"])


def peer(stack: ExitStack, folder: Path) -> Contestant:
    server = NODE_MODULES / "@y" / "websocket-server" / "src" / "server.js"
    return _bare(stack, folder / "peer.log", ["node", server])


def _bare(stack: ExitStack, log: Path, argv: Sequence[str | Path]) -> Contestant:
    env = {**os.environ, "PYTHONPATH": str(ROOT), "HOST": "127.0.0.1", "PORT": "0"}
    process = stack.enter_context(running(argv, log=log, env=env))

    def room() -> tuple[str, Sequence[Mapping[str, str]]]:
        return f"/{new_id()}", [{}] * CLIENTS

    return Contestant(listening_port(process, log), process.pid, room)


def ours(stack: ExitStack, folder: Path) -> Contestant:
    """With its database and its Redis: every edit becomes durable and is acknowledged."""
    realtime = stack.enter_context(realtime_service(folder))

    def room() -> tuple[str, Sequence[Mapping[str, str]]]:
        [note] = insert_notes(realtime.database, "harbour", 1)
        target = f"/api/realtime/notes/{note.id}"
        people = [Identity(user=new_id(), name=f"Person {number}") for number in range(CLIENTS)]
        return target, [realtime.door.headers("GET", target, each) for each in people]

    return Contestant(realtime.service.port, realtime.service.process.pid, room)


def report(found: Mapping[str, Sequence[Mapping[str, Figures]]]) -> None:
    print(f"{CLIENTS:,} clients in one room, {WRITERS} of them write; medians of {ROUNDS} rounds in turn")
    for phase in PHASES:
        print(f"\n{phase.name}:")
        print(
            f"  {'':16} {'messages/s':>10} {'p99, ms':>8} {'CPU us':>7} {'server':>7} {'crowd':>6}"
            f" {'rate x floor':>13} {'x peer':>7} {'CPU x floor':>12} {'x peer':>7}"
        )
        of = {name: [each[phase.name] for each in rounds] for name, rounds in found.items()}
        for name, each in of.items():
            messages, p99, cpu, server, own = (
                statistics.median(getattr(one, what) for one in each)
                for what in ("messages", "p99", "cpu", "server", "own")
            )
            ratios = [
                _ratio(each, of[other], what) for what in ("messages", "cpu") for other in (FLOOR, PEER)
            ]
            print(
                f"  {name:16} {messages:10,.0f} {p99 * 1e3:8.1f} {cpu * 1e6:7.2f} {server:7.0%} {own:6.0%}"
                f" {ratios[0]:13.2f} {ratios[1]:7.2f} {ratios[2]:12.2f} {ratios[3]:7.2f}"
            )


def _ratio(own: Sequence[Figures], others: Sequence[Figures], what: str) -> float:
    pairs = zip(own, others, strict=True)
    return float(statistics.median(getattr(one, what) / getattr(other, what) for one, other in pairs))


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoreline-bench-")))
        contestants = {
            each: make(stack, folder) for each, make in ((FLOOR, floor), (PEER, peer), (OURS, ours))
        }
        found: dict[str, list[dict[str, Figures]]] = {name: [] for name in contestants}
        for number in range(ROUNDS):
            for name in list(found) if number % 2 == 0 else list(found)[::-1]:
                found[name].append(contestants[name].run())
    report(found)


if __name__ == "__main__":
    main()
