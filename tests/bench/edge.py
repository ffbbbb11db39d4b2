"""`make bench`: this Worker beside a bare one, and one as written with Hono, @libsql/client and jose.

All of them run the same SQL on the same libsql-server, each in a workerd of its own, in turn: the machine's
mood falls on all alike, and the ratios are taken round by round.
"""

import json
import os
import statistics
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from infra.paths import NODE_MODULES
from services.common import base64url
from tests.bench.load import Load, load
from tests.support.notes import insert_notes
from tests.support.process import running
from tests.support.services import Keys
from tests.support.sessions import token
from tests.support.sqld import sqld
from tests.support.workerd import COMPATIBILITY_DATE, RELEASE, build, workerd_binary

WORKERS = Path(__file__).with_name("workers")
ESBUILD = NODE_MODULES / ".bin" / "esbuild"
WORKSPACE = "harbour"
CONNECTIONS = 16
SECONDS = 3.0
ROUNDS = 5


@dataclass(frozen=True)
class Contestant:
    """A Worker in a workerd of its own."""

    name: str
    port: int
    process: psutil.Process
    headers: Mapping[str, str]

    def run(self, target: str, seconds: float = SECONDS) -> "Measured":
        before = _cpu(self.process)
        done = load(self.port, target, dict(self.headers), connections=CONNECTIONS, seconds=seconds)
        if done.failed:
            raise AssertionError(f"{self.name}: {done.failed} of {len(done.latencies)} requests failed")
        return Measured(done, (_cpu(self.process) - before) / len(done.latencies))


@dataclass(frozen=True)
class Measured:
    """`cpu`: seconds of the workerd's CPU a request."""

    load: Load
    cpu: float


def _cpu(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


@contextmanager
def contestant(
    name: str, module: Path, folder: Path, bindings: Mapping[str, str], headers: Mapping[str, str]
) -> Iterator[Contestant]:
    """`module` as a Worker that reaches this machine only."""
    folder.mkdir()
    (folder / "worker.js").write_bytes(module.read_bytes())
    config = folder / "bench.capnp"
    config.write_text(_config(bindings), "ascii")
    config.chmod(0o600)
    listening, control = os.pipe()
    argv: list[str | Path] = [workerd_binary(), "serve", config, "--experimental", f"--control-fd={control}"]
    log = folder / "workerd.log"
    with os.fdopen(listening) as events, running(argv, log=log, pass_fds=[control]) as child:
        os.close(control)
        line = events.readline()
        if line == "":
            raise AssertionError(f"workerd ended with {child.wait()}:\n{log.read_text()[-2000:]}")
        yield Contestant(name, json.loads(line)["port"], psutil.Process(child.pid), headers)


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


def bundled(name: str, folder: Path) -> Path:
    out = folder / f"{name}.js"
    options = [
        "--bundle",
        "--format=esm",
        "--platform=browser",
        "--conditions=workerd,worker",
        "--log-level=warning",
    ]
    subprocess.run([ESBUILD, WORKERS / f"{name}.js", *options, f"--outfile={out}"], check=True)
    return out


def without_limits(folder: Path) -> tuple[Path, Path]:
    """The application's manifest without its rate limits and caches."""
    from infra.paths import SERVICES

    manifest = json.loads((SERVICES / "contract" / "manifest.json").read_text("utf-8"))
    for route in manifest["routes"]:
        route["rateLimits"], route["cache"] = [], None
    path = folder / "manifest.json"
    path.write_text(json.dumps(manifest), "utf-8")
    return path, SERVICES / "edge" / "placement.json"


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoreline-bench-")))
        (folder / "sqld").mkdir()
        database = stack.enter_context(sqld(folder / "sqld"))
        insert_notes(database, WORKSPACE, 1000)
        keys = Keys()
        cookie = {"cookie": f"session={token(keys.session, ws={WORKSPACE: 'editor'}, exp=2_000_000_000)}"}
        bindings = {
            "DATABASE_URL": f"http://127.0.0.1:{database.port}",
            "DATABASE_TOKEN": database.token,
            "SESSION_KEY": base64url.encode(keys.session),
            "PUBLIC_URL": "http://localhost",
        }
        manifest, placement = without_limits(folder)
        modules = {
            "bare": WORKERS / "bare.js",
            "hono": bundled("hono", folder),
            "shoreline": build(folder / "ours", manifest=manifest, placement=placement) / "worker.js",
        }
        contestants = [
            stack.enter_context(contestant(name, module, folder / f"run-{name}", bindings, cookie))
            for name, module in modules.items()
        ]
        target = f"/api/workspaces/{WORKSPACE}/notes?limit=20"
        report(race(contestants, target))


def race(contestants: Sequence[Contestant], target: str) -> dict[str, list[Measured]]:
    for each in contestants:
        each.run(target, 1.0)
    rounds: dict[str, list[Measured]] = {each.name: [] for each in contestants}
    for number in range(ROUNDS):
        order = contestants if number % 2 == 0 else contestants[::-1]
        for each in order:
            rounds[each.name].append(each.run(target))
    return rounds


def report(rounds: Mapping[str, Sequence[Measured]]) -> None:
    bare = rounds["bare"]
    for name, measured in rounds.items():
        ratio = statistics.median(m.load.rate / b.load.rate for m, b in zip(measured, bare, strict=True))
        rate = statistics.median(m.load.rate for m in measured)
        cpu = statistics.median(m.cpu for m in measured) * 1e6
        p99 = statistics.median(m.load.percentile(0.99) for m in measured) * 1e3
        print(
            f"{name:12} {rate:7.0f} req/s  {ratio:5.2f} of bare  {cpu:5.0f} us CPU  p99 {p99:5.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
