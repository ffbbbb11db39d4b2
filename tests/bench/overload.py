"""`make overload`: what becomes of the edge's routes while the server has more to do than it can.

More and more clients ask the server, through the Worker; a few ask a route of the edge all the while. The
server has a processor of its own where the machine has more than one: it is another machine's, otherwise.
"""

import json
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.paths import ROOT
from tests.bench.load import Load, Request, load
from tests.support.manifest import altered, without_limits_and_caches
from tests.support.notes import insert_notes, insert_workspace
from tests.support.sessions import begin_session, token
from tests.support.slice import Slice, whole_slice
from tests.support.workerd import build

OUT = ROOT / "overload"
EDGE = "/api/workspaces/harbour/notes?limit=20"
SERVER = "/api/sign-in"
"""What the server is there for: a password costs it more CPU time than the edge has."""
NOBODY = json.dumps({"email": "nobody@harbour.example", "password": "correct horse battery"})
SERVED = "401"
"""Whose email is unknown costs as much, and is told so."""
CLIENTS = (1, 4, 16, 64, 128, 256)
"""Of the server; the first ones are what it is made for."""
SECONDS = 6.0
PAUSE = 0.5
FOR_EVER = 4_000_000_000


@dataclass(frozen=True)
class Step:
    clients: int
    edge: Load
    server: Load

    @property
    def shed(self) -> float:
        """Of what the server was asked, how much it told to come back."""
        return self.server.statuses.get("503", 0) / self.server.requests


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoreline-overload-")))
        for name in ("routes", "slice"):
            (folder / name).mkdir()
        manifest, placement = altered(folder / "routes", without_limits_and_caches)
        bundle = build(folder / "bundle", manifest=manifest, placement=placement)
        running = stack.enter_context(whole_slice(bundle, folder / "slice"))
        begin_session(running.database)
        insert_notes(running.database, "harbour", 100)
        insert_workspace(running.database, "harbour", {"ada": "editor"})
        apart(running)
        steps = [step(running, clients) for clients in CLIENTS]
    OUT.mkdir(exist_ok=True)
    (OUT / "overload.svg").write_text(plot(steps), "utf-8")
    sys.stdout.write(f"{(OUT / 'overload.svg').relative_to(ROOT)}\n")


def apart(running: Slice) -> None:
    """The api on the last processor, the others on the rest."""
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        return
    api = running.api.process.pid
    for child in psutil.Process().children(recursive=True):
        child.cpu_affinity(processors[-1:] if child.pid == api else processors[:-1])
    os.sched_setaffinity(0, processors[:-1])


def step(running: Slice, clients: int) -> Step:
    port = int(running.edge.url.rsplit(":", 1)[-1])
    ada = token(running.keys.session, ws={"harbour": "editor"}, exp=FOR_EVER)
    headers = {"cookie": f"session={ada}"}
    asked = (
        Request(port, EDGE, headers, connections=4, seconds=SECONDS, pause=0.05),
        Request(port, SERVER, {}, "POST", NOBODY, clients, SECONDS, PAUSE),
    )
    with ThreadPoolExecutor(2) as pool:
        edge, server = pool.map(load, asked)
    done = Step(clients, edge, server)
    served = server.statuses.get(SERVED, 0) / server.seconds
    sys.stdout.write(
        f"{clients:5} clients: edge median {edge.median * 1000:5.1f} ms, p99 {edge.p99 * 1000:6.1f} ms, "
        f"{edge.failed} failed; "
        f"server {served:5.0f} answered a second, p99 {server.p99s.get(SERVED, 0) * 1000:6.0f} ms, "
        f"{done.shed:4.0%} shed in {server.p99s.get('503', 0) * 1000:4.0f} ms {server.statuses}\n"
    )
    sys.stdout.flush()
    return done


WIDTH, HEIGHT, LEFT, TOP, FLOOR = 640, 360, 60, 40, 300
HEAD = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-size="12">'


def plot(steps: list[Step]) -> str:
    """Latencies, and the part that is shed, by the clients of the server, as SVG."""
    lines = {
        "edge route, median": ("#6cc7d8", [each.edge.median for each in steps]),
        "edge route, p99": ("#0b6477", [each.edge.p99 for each in steps]),
        "server route, answered, p99": ("#a3241b", [each.server.p99s.get(SERVED, 0) for each in steps]),
    }
    most = max(value for _, values in lines.values() for value in values)
    gap = (WIDTH - LEFT) / len(steps)
    centres = [LEFT + gap * (number + 0.5) for number in range(len(steps))]

    def height(part: float) -> float:
        return FLOOR - part * (FLOOR - TOP)

    parts = [
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        text(10, 20, f"milliseconds (lines, up to {most * 1000:.0f}) and the part that was shed (bars)"),
        text(LEFT, FLOOR + 34, "by clients of the server"),
    ]
    for x, each in zip(centres, steps, strict=True):
        top = height(each.shed)
        box = f'x="{x - gap / 4:.0f}" y="{top:.0f}" width="{gap / 2:.0f}" height="{FLOOR - top:.0f}"'
        parts += [f'<rect {box} fill="#d9dedc"/>', text(x - 12, FLOOR + 16, str(each.clients))]
        parts.append(text(x - 12, top - 4, f"{each.shed:.0%}"))
    for place, (name, (colour, values)) in enumerate(lines.items()):
        points = " ".join(f"{x:.0f},{height(v / most):.0f}" for x, v in zip(centres, values, strict=True))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(text(LEFT + place * 160, HEIGHT - 8, name, colour))
    return "\n".join([HEAD, *parts, "</svg>"])


def text(x: float, y: float, words: str, colour: str = "#1c2b30") -> str:
    return f'<text x="{x:.0f}" y="{y:.0f}" fill="{colour}">{words}</text>'


if __name__ == "__main__":
    main()
