"""`make overload`: what becomes of the edge's routes while the server has more to do than it can.

More and more clients ask the server, through the Worker; a few ask a route of the edge, before that and all
the while. What is another machine in production has a processor of its own here: the last one is the server's
and its clients', the others are the edge's, its database's and its cache's. So handing on is a burden of the
edge, as it is there, and asking is one of the server. Fails where a claim of `broken` doesn't hold.
"""

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import psutil
import pygal  # type: ignore[import-untyped]
from pygal.style import CleanStyle  # type: ignore[import-untyped]

from infra.paths import ROOT
from tests.bench.load import Load, Request, load
from tests.support.manifest import altered, without_limits_and_caches
from tests.support.notes import insert_notes, insert_workspace
from tests.support.sessions import begin_session, token
from tests.support.slice import Slice, whole_slice
from tests.support.workerd import build

OUT = ROOT / "overload" / "overload.svg"
EDGE = "/api/workspaces/harbour/notes?limit=20"
SERVER = "/api/sign-in"
"""What the server is there for: a password costs it more CPU time than the edge has."""
NOBODY = json.dumps({"email": "nobody@harbour.example", "password": "correct horse battery"})
SERVED, SHED = "401", "503"
"""Whose email is unknown costs as much, and is told so."""
CLIENTS = (1, 4, 16, 64, 128, 256)
"""Of the server; the first ones are what it is made for."""
SECONDS, COMING_SECONDS = 8.0, 2.0
"""All of the server's clients are there before the edge is looked at."""
PAUSE = 0.5
FOR_EVER = 4_000_000_000

# What must hold wherever something is shed, by the median over these steps.
SLOWER_MEDIAN, SLOWER_P99 = 2.0, 5.0
"""The edge's latency against its own right before, with the server at rest."""
LEAST_DONE = 0.7
"""Of what the server can do at best."""
SHED_SECONDS = 1.0
"""In which a client is told so, 99 times of 100."""


@dataclass(frozen=True)
class Step:
    """`rest`: of the edge's route, before anybody asks the server."""

    clients: int
    rest: Load
    edge: Load
    server: Load

    @property
    def shed(self) -> float:
        """Of what the server was asked, how much it told to come back."""
        return self.server.statuses.get(SHED, 0) / self.server.requests

    @property
    def done(self) -> float:
        """What the server answered a second."""
        return self.server.statuses.get(SERVED, 0) / self.server.seconds

    @property
    def slower(self) -> tuple[float, float]:
        """How many times the edge's median and its p99 are those at rest."""
        return self.edge.median / self.rest.median, self.edge.p99 / self.rest.p99


def main() -> int:
    processors = sorted(os.sched_getaffinity(0))
    if len(processors) < 2:
        sys.stderr.write("make overload: wants two processors, one for the edge and one for the server\n")
        return 1
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
        apart(running, processors)
        warm_up(running)
        steps = [step(running, clients) for clients in CLIENTS]
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_bytes(plot(steps))
    say(f"{OUT.relative_to(ROOT)}")
    found = list(broken(steps))
    for each in found:
        say(f"✗ {each}")
    return 1 if found else 0


def broken(steps: Sequence[Step]) -> Iterator[str]:
    """What does not hold."""
    over = [each for each in steps if each.shed > 0]
    if not over:
        yield "the server shed nothing: it was not asked for more than it can do"
        return
    for each in steps:
        if each.edge.failed or each.rest.failed:
            yield f"with {each.clients} clients the edge's route failed: {each.edge.statuses}"
        if set(each.server.statuses) - {SERVED, SHED}:
            yield f"with {each.clients} clients the server gave other answers: {each.server.statuses}"
        if each.server.retry_after != each.server.statuses.get(SHED, 0):
            yield f"with {each.clients} clients not every 503 said when to come back"
    median, p99 = (statistics.median(each.slower[of] for each in over) for of in (0, 1))
    say(
        f"Under overload the edge's median is x{median:.2f} of that at rest (at most x{SLOWER_MEDIAN}), "
        f"its p99 x{p99:.2f} (at most x{SLOWER_P99})"
    )
    if median > SLOWER_MEDIAN or p99 > SLOWER_P99:
        yield "the edge's routes don't hold their latency"
    best, least = max(each.done for each in steps), min(each.done for each in over)
    say(
        f"the server still answers {least / best:.0%} of what it can at best (at least {LEAST_DONE:.0%}), and"
    )
    if least < LEAST_DONE * best:
        yield "the server does less under overload than without"
    shed = statistics.median(each.server.p99s[SHED] for each in over)
    say(f"and sheds the rest within {shed * 1000:.0f} ms (p99; at most {SHED_SECONDS * 1000:.0f})")
    if shed > SHED_SECONDS:
        yield "what is shed waits too long to be told so"


def apart(running: Slice, processors: Sequence[int]) -> None:
    """The server's processes on the last processor, all others on the rest: each of their threads."""
    edge, server = processors[:-1], processors[-1:]
    services = (running.api, running.realtime, running.jobs)
    mains = [psutil.Process(each.process.pid) for each in services]
    on_server = {process.pid for main in mains for process in (main, *main.children(recursive=True))}
    for child in psutil.Process().children(recursive=True):
        for thread in child.threads():
            os.sched_setaffinity(thread.id, server if child.pid in on_server else edge)
    os.sched_setaffinity(0, edge)


def asked_of_edge(running: Slice, seconds: float) -> Request:
    ada = token(running.keys.session, ws={"harbour": "editor"}, exp=FOR_EVER)
    headers = {"cookie": f"session={ada}"}
    return Request(port(running), EDGE, headers, connections=4, seconds=seconds, pause=0.05)


def asked_of_server(running: Slice, clients: int, seconds: float) -> Request:
    processors = psutil.Process(running.api.process.pid).cpu_affinity()
    return Request(port(running), SERVER, {}, "POST", NOBODY, clients, seconds, PAUSE, processors)


def port(running: Slice) -> int:
    return int(running.edge.url.rsplit(":", 1)[-1])


def warm_up(running: Slice) -> None:
    load(asked_of_edge(running, 2.0))
    load(asked_of_server(running, 4, 2.0))


def step(running: Slice, clients: int) -> Step:
    rest = load(asked_of_edge(running, SECONDS))
    with ThreadPoolExecutor(1) as pool:
        crowd = pool.submit(load, asked_of_server(running, clients, COMING_SECONDS + SECONDS))
        time.sleep(COMING_SECONDS)
        done = Step(clients, rest, load(asked_of_edge(running, SECONDS)), crowd.result())
    server = done.server
    median, p99 = done.slower
    say(
        f"{clients:5} clients: edge median {done.edge.median * 1000:5.1f} ms x{median:4.2f}, "
        f"p99 {done.edge.p99 * 1000:5.1f} ms x{p99:4.2f}; "
        f"server {done.done:4.0f} answered a second, p99 {server.p99s.get(SERVED, 0) * 1000:5.0f} ms, "
        f"{done.shed:4.0%} shed, p99 {server.p99s.get(SHED, 0) * 1000:4.0f} ms"
    )
    return done


def plot(steps: Sequence[Step]) -> bytes:
    """Latencies by the clients of the server, as SVG."""
    chart = pygal.Line(
        logarithmic=True,
        style=CleanStyle,
        js=(),
        dots_size=3,
        legend_at_bottom=True,
        legend_at_bottom_columns=3,
        truncate_legend=-1,
        title="The edge's routes while the server has more to do than it can",
        x_title="clients of the server, and the part of their requests that it sheds",
        y_title="milliseconds",
        value_formatter=lambda value: f"{value:.1f} ms",
    )
    chart.x_labels = [f"{each.clients}: {each.shed:.0%}" for each in steps]
    series: dict[str, list[float | None]] = {
        "edge, server at rest: median": [each.rest.median for each in steps],
        "edge: median": [each.edge.median for each in steps],
        "edge: p99": [each.edge.p99 for each in steps],
        "server, answered: p99": [each.server.p99s.get(SERVED) for each in steps],
        "server, shed: p99": [each.server.p99s.get(SHED) for each in steps],
    }
    for name, values in series.items():
        chart.add(name, [value and value * 1000 for value in values])
    rendered: bytes = chart.render()
    return rendered


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
