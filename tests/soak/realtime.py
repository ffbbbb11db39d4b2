"""`make soak`: an hour's worth of people who come and go, in a few minutes; nothing may stay behind.

They come with a visit a second in mind: write in one note of some, hear their events, and leave, every third
without a goodbye. Between the parts all leave, and the process is looked at: its memory and descriptors from
outside, what it still holds (rooms, connections, tasks) by its own count.

Each part has notes of its own. A Yjs document remembers every client that ever wrote in it: with the same
notes throughout, each part would open larger ones than the part before.
"""

import random
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from services.common.identity import Identity
from services.common.ids import new_id
from tests.support.notes import insert_notes
from tests.support.process import until
from tests.support.realtime import TARGET, Realtime, realtime_service
from tests.support.services import Service
from tests.support.writer import Writer

VISITS = 3_600
PARTS = 6
TOGETHER = 8
EDITS = 3
NOTES = 20
"""Of each part."""
GROWTH = 1.10
"""What memory may grow by after the first part."""
POOLED = 12
"""Descriptors: connections to the database that are kept, as many as were needed at once."""
AT_WORK = 3
"""Tasks that a look at the clock may find."""
LIMITS = {"linger_seconds": 0.2, "look_seconds": 1, "connection_rate": 1e9, "workspace_rate": 1e9}


@dataclass(frozen=True)
class Held:
    """By an idle process. `memory` in bytes."""

    rooms: int
    connections: int
    tasks: int
    descriptors: int
    memory: int


def visit(realtime: Realtime, note: str, chance: random.Random) -> None:
    who = Identity(user=new_id(), name="Ada")
    targets = (f"/api/realtime/notes/{note}", TARGET)
    with ExitStack() as stack:
        sockets = [stack.enter_context(realtime.opened(who, target)) for target in targets]
        writer = Writer(sockets[0]).come_in()
        for number in range(EDITS):
            writer.write(f"{number} ")
        # The text stays as long as it is, so that what grows is a leak.
        writer.erase(0, 2 * EDITS)
        writer.until_saved()
        if chance.random() < 1 / 3:
            for each in sockets:
                each.socket.shutdown(socket.SHUT_RDWR)


def held(process: Service, visits: int) -> Held:
    """Once nobody is there."""

    def counted() -> Held | None:
        already = len(_counts(process))
        process.process.send_signal(signal.SIGUSR1)
        until(lambda: len(_counts(process)) > already or None, "the process counts")
        line = _counts(process)[-1]
        if line["rooms"] or line["connections"]:
            return None
        seen = psutil.Process(process.process.pid)
        return Held(line["rooms"], line["connections"], line["tasks"], seen.num_fds(), seen.memory_info().rss)

    return until(counted, f"the rooms of {visits} visits close")


def _counts(process: Service) -> list[dict[str, int]]:
    return [line for line in process.lines() if line["event"] == "held"]


def soak(
    realtime: Realtime, visits: int, parts: int, notes: int = NOTES, together: int = TOGETHER
) -> list[Held]:
    """What is held before the first visit, and after each part."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    found = [held(realtime.service, 0)]
    with ThreadPoolExecutor(together) as people:
        for part in range(parts):
            each = visits // parts
            own = insert_notes(realtime.database, "harbour", notes)
            list(people.map(lambda note: visit(realtime, note.id, chance), chance.choices(own, k=each)))
            found.append(held(realtime.service, each * (part + 1)))
    return found


def leaks(found: Sequence[Held]) -> list[str]:
    """What is wrong with it. The first part opens connections to the database and warms caches."""
    _, warm, *_, last = found
    growth = last.memory / warm.memory
    return [
        *([f"memory grew to {growth:.2f}"] if growth > GROWTH else []),
        *(
            [f"descriptors: {warm.descriptors}, then {last.descriptors}"]
            if last.descriptors > warm.descriptors + POOLED
            else []
        ),
        *([f"tasks: {warm.tasks}, then {last.tasks}"] if last.tasks > warm.tasks + AT_WORK else []),
    ]


def main() -> int:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoreline-soak-")))
        realtime = stack.enter_context(realtime_service(folder))
        process = stack.enter_context(realtime.limited(**LIMITS))
        started = time.monotonic()
        found = soak(process, VISITS, PARTS)
        seconds = time.monotonic() - started
    print(f"{VISITS:,} visits in {seconds:.0f} s; idle before, and after each of {PARTS} parts:")
    print(f"{'memory, MB':>12} {'descriptors':>12} {'tasks':>6} {'rooms':>6} {'connections':>12}")
    for each in found:
        counts = f"{each.descriptors:12} {each.tasks:6} {each.rooms:6} {each.connections:12}"
        print(f"{each.memory / 1e6:12.1f} {counts}")
    print("\n".join(leaks(found)) or "nothing stayed behind")
    return len(leaks(found))


if __name__ == "__main__":
    sys.exit(main())
