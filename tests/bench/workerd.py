"""A Worker in a workerd of its own, whose CPU is its own too."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.bench.load import Load, Request, load
from tests.support.process import running
from tests.support.workerd import COMPATIBILITY_DATE, RELEASE, workerd_binary


@dataclass(frozen=True)
class Measured:
    """Seconds of CPU a request: the workerd's, and the database's."""

    load: Load
    cpu: float
    database: float


@dataclass(frozen=True)
class Contestant:
    """`headers` go with each of its requests; `database` is the process that it asks."""

    name: str
    port: int
    process: psutil.Process
    database: psutil.Process
    headers: Mapping[str, str]

    def run(
        self, target: str, seconds: float, *, method: str = "GET", body: str = "", connections: int = 16
    ) -> Measured:
        request = Request(self.port, target, self.headers, method, body, connections, seconds)
        before = _cpu(self.process), _cpu(self.database)
        done = load(request)
        if done.failed:
            raise AssertionError(f"{self.name}: {method} {target}: {done.statuses}")
        own, database = _cpu(self.process) - before[0], _cpu(self.database) - before[1]
        return Measured(done, own / done.requests, database / done.requests)


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def contestant(
    name: str,
    module: Path,
    folder: Path,
    *,
    bindings: Mapping[str, str],
    database: psutil.Process,
    headers: Mapping[str, str],
) -> Iterator[Contestant]:
    """`module` as a Worker that reaches this machine only, until the block ends."""
    folder.mkdir()
    (folder / "worker.js").write_bytes(module.read_bytes())
    config = folder / "bench.capnp"
    config.write_text(_config(bindings), "ascii")
    config.chmod(0o600)
    listening, control = os.pipe()
    argv: list[str | Path] = [workerd_binary(), "serve", config, "--experimental", f"--control-fd={control}"]
    # Lines of the log are the platform's work to write, not the Worker's.
    log = Path(os.devnull)
    with os.fdopen(listening) as events, running(argv, log=log, pass_fds=[control]) as child:
        os.close(control)
        line = events.readline()
        if line == "":
            raise AssertionError(f"workerd ended with {child.wait()}")
        yield Contestant(name, json.loads(line)["port"], psutil.Process(child.pid), database, headers)


def _config(bindings: Mapping[str, str]) -> str:
    texts = ", ".join(f"(name = {json.dumps(n)}, text = {json.dumps(v)})" for n, v in bindings.items())
    release = json.dumps(json.dumps({"id": RELEASE, "tag": "", "timestamp": ""}))
    return f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = (
      modules = [(name = "worker.js", esModule = embed "worker.js")],
      compatibilityDate = "{COMPATIBILITY_DATE}",
      globalOutbound = "here",
      bindings = [{texts}, (name = "RELEASE", json = {release})],
    )),
    (name = "here", network = (allow = ["127.0.0.0/8"])),
  ],
  sockets = [(name = "worker", address = "127.0.0.1:0", http = (), service = "worker")],
);
"""
