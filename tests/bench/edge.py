"""`make bench`: what the Worker costs.

Beside a bare Worker that runs the same SQL and nothing else, beside one as written with Hono, @libsql/client
and jose; with 10 and with 1,000 routes; and route by route, for the ledger. Each Worker has a workerd of its
own, all ask the same libsql-server, and each has its turn in every round: the machine's mood falls on all
alike, and a ratio is the median of the rounds' ratios.
"""

import copy
import json
import statistics
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

from infra.paths import NODE_MODULES, ROOT
from services.common import base64url
from tests.bench.workerd import Contestant, Measured, contestant
from tests.support.manifest import altered, without_limits_and_caches
from tests.support.notes import insert_notes
from tests.support.services import Keys
from tests.support.sessions import token
from tests.support.sqld import Sqld, sqld
from tests.support.upstash import local_upstash
from tests.support.workerd import Redis, build

WORKERS = Path(__file__).with_name("workers")
FIGURES = ROOT / "infra" / "routes" / "bench.json"
WORKSPACE = "harbour"
NOTES = f"/api/workspaces/{WORKSPACE}/notes"
SECONDS = 1.0
ROUNDS = 15
FOR_EVER = 4_000_000_000


@dataclass(frozen=True)
class Bench:
    """Makes Workers before one database, in `folder`."""

    stack: ExitStack
    folder: Path
    database: Sqld
    process: psutil.Process
    """The database's."""
    keys: Keys

    def worker(self, name: str, module: Path, redis: Redis | None = None) -> Contestant:
        bindings = {
            "DATABASE_URL": f"http://127.0.0.1:{self.database.port}",
            "DATABASE_TOKEN": self.database.token,
            "SESSION_KEYS": base64url.encode(self.keys.session),
            "PUBLIC_URL": "http://localhost",
        }
        if redis is not None:
            bindings |= {"REDIS_URL": f"http://{redis.host}:{redis.port}", "REDIS_TOKEN": redis.token}
        ada = token(self.keys.session, ws={WORKSPACE: "editor"}, exp=FOR_EVER)
        headers = {"cookie": f"session={ada}", "cf-connecting-ip": "203.0.113.7"}
        folder = self.folder / f"run {name}"
        return self.stack.enter_context(
            contestant(name, module, folder, bindings=bindings, database=self.process, headers=headers)
        )

    def ours(self, name: str, change: Callable[[dict[str, Any]], None]) -> Path:
        """The Worker with the routes changed."""
        folder = self.folder / name
        folder.mkdir()
        manifest, placement = altered(folder, change)
        return build(folder / "out", manifest=manifest, placement=placement) / "worker.js"


def main() -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="shoreline-bench-")))
        for name in ("sqld", "redis"):
            (folder / name).mkdir()
        database = stack.enter_context(sqld(folder / "sqld"))
        [process] = psutil.Process().children()
        bench = Bench(stack, folder, database, process, Keys())
        notes = insert_notes(bench.database, WORKSPACE, 1000)
        redis = stack.enter_context(local_upstash(folder / "redis")).redis()

        plain = bench.ours("plain", without_limits_and_caches)
        ours = bench.worker("shoreline", plain)
        say(f"GET {NOTES}?limit=20 (session, role, validation, ETag), 16 connections, {ROUNDS} rounds:")
        contest(
            [
                bench.worker("bare", WORKERS / "bare.js"),
                bench.worker("hono", bundled("hono", folder)),
                ours,
                bench.worker("shoreline, rate limit", bench.ours("limited", never_reached), redis),
            ],
            f"{NOTES}?limit=20",
        )
        say("\nA request that matches and asks no database, with 10 and with 1,000 routes:")
        contest([bench.worker(f"{n} routes", bench.ours(f"{n}", routes(n))) for n in (10, 1000)], "/api/me")
        say("\nRoute by route, 4 connections:")
        record(ours, notes[0].id)


def never_reached(found: dict[str, Any]) -> None:
    """Rate limits as they are declared, but of no end."""
    for route in found.values():
        route["cache"] = None
        for limit in route["rateLimits"]:
            limit["limit"] = 1_000_000_000


def routes(count: int) -> Callable[[dict[str, Any]], None]:
    def change(found: dict[str, Any]) -> None:
        me = found["read_me"]
        me["rateLimits"] = []
        found.clear()
        found["read_me"] = me
        for number in range(count - 1):
            name = f"other_{number}"
            path = f"/api/others-{number % 40}/{{other}}/part-{number}"
            found[name] = copy.deepcopy(me) | {"name": name, "path": path}

    return change


def bundled(name: str, folder: Path) -> Path:
    out = folder / f"{name}.js"
    options = ["--bundle", "--format=esm", "--platform=browser", "--conditions=workerd,worker"]
    esbuild = NODE_MODULES / ".bin" / "esbuild"
    subprocess.run(
        [esbuild, WORKERS / f"{name}.js", *options, "--log-level=warning", f"--outfile={out}"], check=True
    )
    return out


def contest(contestants: Sequence[Contestant], target: str) -> None:
    """Prints each one's figures, beside those of the first."""
    for each in contestants:
        each.run(target, SECONDS)
    rounds: dict[str, list[Measured]] = {each.name: [] for each in contestants}
    for number in range(ROUNDS):
        for each in contestants if number % 2 == 0 else contestants[::-1]:
            rounds[each.name].append(each.run(target, SECONDS))
    first = rounds[contestants[0].name]
    for name, measured in rounds.items():
        pairs = list(zip(measured, first, strict=True))
        rate = statistics.median(own.load.rate / other.load.rate for own, other in pairs)
        cpu = statistics.median(own.cpu / other.cpu for own, other in pairs)
        both = statistics.median(
            (own.cpu + own.database) / (other.cpu + other.database) for own, other in pairs
        )
        ratios = f"throughput x{rate:4.2f}  CPU x{cpu:4.2f}, with the database's x{both:4.2f}"
        say(f"  {name:22} {figures(measured)}  {ratios}")


def figures(measured: Sequence[Measured]) -> str:
    rate = statistics.median(each.load.rate for each in measured)
    cpu = statistics.median(each.cpu for each in measured) * 1e6
    return f"{rate:6.0f} req/s {cpu:4.0f} us CPU a request"


def record(ours: Contestant, note: str) -> None:
    """What each route costs, into infra/routes/bench.json."""
    written = json.dumps({"title": "Tide", "body": "Low at six.", "tags": ["harbour"]})
    calls: Mapping[str, tuple[str, str, str]] = {
        "list_open_notes": ("GET", "/api/notes", ""),
        "read_open_note": ("GET", f"/api/notes/{note}", ""),
        "create_open_note": ("POST", "/api/notes", written),
        "read_digest": ("GET", "/api/digest", ""),
        "read_me": ("GET", "/api/me", ""),
        "render_markdown": ("POST", "/api/markdown", json.dumps({"text": "# Tide\n\nLow at *six*.\n" * 40})),
        "list_workspaces": ("GET", "/api/workspaces", ""),
        "list_members": ("GET", f"/api/workspaces/{WORKSPACE}/members", ""),
        "list_notes": ("GET", NOTES, ""),
        "read_note": ("GET", f"{NOTES}/{note}", ""),
        "create_note": ("POST", NOTES, written),
        "list_comments": ("GET", f"{NOTES}/{note}/comments", ""),
        "create_comment": ("POST", f"{NOTES}/{note}/comments", json.dumps({"body": "Seven, rather."})),
    }
    found = {}
    for name, (method, target, body) in calls.items():
        ours.run(target, 0.5, method=method, body=body, connections=4)
        measured = ours.run(target, 2 * SECONDS, method=method, body=body, connections=4)
        found[name] = {"cpuMs": round(measured.cpu * 1e3, 3), "p99Ms": round(measured.load.p99 * 1e3, 1)}
        say(f"  {name:18} {found[name]['cpuMs']:6.3f} ms CPU  p99 {found[name]['p99Ms']:6.1f} ms")
    FIGURES.write_text(
        json.dumps({"date": f"{datetime.now(UTC):%Y-%m-%d}", "routes": found}, indent=2) + "\n"
    )


def say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    main()
