"""`git push shoreline main` deploys: under load, refused or rolled back by itself, repaired after a kill."""

import json
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import httpx
import psutil
import pytest

from infra.delivery.gate import PROBE_AGENT
from infra.delivery.records import Release
from tests.support.clone import Clone, kill_group
from tests.support.load import Load, load
from tests.support.process import until
from tests.support.pusher import Pusher, parts
from tests.support.visitors import visiting

if TYPE_CHECKING:
    import subprocess

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

STEPS = ("preview", "deploy", "verify", "roll out", "10 %", "50 %")
VICTIMS = (*("the deploy",) * 6, *("all of it",) * 4, *("the switch",) * 3)
"""SIGKILL to: the pipeline, whose engine goes on; all that it runs; what switches the server's releases."""


@pytest.fixture(scope="module")
def pusher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pusher]:
    """A clone with a repository, after `make up`."""
    clone = Clone(tmp_path_factory.mktemp("clone"))
    try:
        pusher = Pusher(clone)
        clone.shoreline("up")
        yield pusher
    finally:
        clone.close()


def ask(pusher: Pusher, path: str = "/api/notes") -> httpx.Response:
    return httpx.get(f"{pusher.clone.url}{path}", timeout=20, trust_env=False)


@pytest.mark.chaos
def test_a_push_of_every_tier_under_load_drops_nothing(pusher: Pusher) -> None:
    pusher.append("services/api/app.py", "\n# edited\n")
    pusher.append("services/edge/src/index.ts", '\nconsole.log("edited");\n')
    pusher.migrate("pushed", "create table pushed (id integer primary key) strict;\n")
    pusher.append("services/realtime/server.py", "\n# edited\n")
    pusher.append("services/jobs/exports.py", "\n# edited\n")
    with under_load(pusher) as versions:
        print(f"\n{parts(pusher.push('A change in each tier'))}")
    release = pusher.releases()[-1]
    assert (release.result, release.who) == ("deployed", "Ada <ada@example.com>")
    assert release.before is not None and release.serving is not None
    assert versions.saw(release.before.version) and versions.saw(release.serving.version)
    assert_in_force(pusher, release)
    listed = pusher.clone.shoreline("releases")
    assert release.id in listed and release.commit[:8] in listed


@pytest.mark.chaos
def test_back_to_the_former_release_in_one_step(pusher: Pusher) -> None:
    former = pushed(pusher)
    pusher.append("services/edge/src/index.ts", '\nconsole.log("again");\n')
    pusher.append("services/realtime/server.py", "\n# again\n")
    print(f"\n{parts(pusher.push('Another one'))}")
    with under_load(pusher):
        pusher.clone.shoreline("releases", "--rollback")
    back = pusher.releases()[-1]
    assert (back.commit, back.result) == (former.commit, "deployed")
    assert back.serving is not None and former.serving is not None
    assert back.serving.server_release == former.serving.server_release
    assert_in_force(pusher, back)


BROKEN = {
    "fails its health check": (
        ("services/api/app.py", "app = Health(app, settings.release)", 'app = Health(app, "another")'),
        "✗ deploy: ",
        "api",
    ),
    "answers slowly": (
        (
            "services/api/dispatch.py",
            "        request = Request(scope, receive)\n",
            '        await __import__("asyncio").sleep(1.5)\n        request = Request(scope, receive)\n',
        ),
        "✗ verify: ",
        "ms on the new version",
    ),
    "has a Worker that throws": (
        (
            "services/edge/src/index.ts",
            "fetch: (request, env, context) => answer(",
            "fetch: (request, env, context) => request.url.length > 0 ? thrown() : answer(",
        ),
        "✗ verify: ",
        "requests to the new version failed",
    ),
}


@pytest.mark.chaos
@pytest.mark.parametrize("fault", BROKEN)
def test_a_release_that_is_broken_is_rolled_back_by_itself(pusher: Pusher, fault: str) -> None:
    (path, before, after), step, why = BROKEN[fault]
    in_force = pushed(pusher)
    pusher.edit(path, before, after)
    if "thrown" in after:
        pusher.append(path, '\nfunction thrown(): Response {\n  throw new Error("thrown");\n}\n')
    with under_load(pusher):
        said = pusher.refused(f"One that {fault}")
    told = next(line for line in said.splitlines() if step in line)
    assert why in said and "rolled back to" in said, told
    last = pusher.releases()[-1]
    assert last.result == "rolled back" and why in last.reason
    assert_in_force(pusher, in_force)


@pytest.mark.chaos
def test_what_only_visitors_meet_is_seen_and_rolled_back(pusher: Pusher) -> None:
    in_force = pushed(pusher)
    worker = "services/edge/src/index.ts"
    pusher.edit(worker, "fetch: (request, env, context) => answer(", "fetch: (request, env, context) => met(")
    pusher.append(
        worker,
        f"""
function met(exchange: Exchange): Promise<Response> {{
  if (exchange.request.headers.get("user-agent") === "{PROBE_AGENT}") return answer(exchange);
  throw new Error("nobody else");
}}
""",
    )
    script = f"{pusher.clone.url}/assets/app.js"
    with load(lambda client: client.get(script), seen=version_of, threads=6, pause=0.002) as visitors:
        said = pusher.refused("One that fails its visitors")
    why = "visitors: exception, Error: nobody else"
    assert "✗ roll out: " in said and why in said and "rolled back to" in said
    assert "50 % of the visitors" not in said and why in pusher.releases()[-1].reason
    assert 0 < len(visitors.failures) < 0.1 * visitors.answers.total()
    assert_in_force(pusher, in_force)


@pytest.mark.chaos
def test_a_broken_migration_is_refused_and_nothing_of_it_is_left(pusher: Pusher) -> None:
    in_force = pushed(pusher)
    name = pusher.migrate("broken", "insert into nowhere (what) values ('x');\n")
    with under_load(pusher):
        said = pusher.refused("One with a broken migration")
    assert name in said and "nowhere" in said
    assert_in_force(pusher, in_force)


@pytest.mark.chaos
def test_going_back_past_a_contraction_is_refused_by_its_name(pusher: Pusher) -> None:
    pushed(pusher)
    pusher.migrate("widened", "create table widened (id integer primary key, old text) strict;\n")
    pusher.push("Expand")
    contraction = pusher.migrate(
        "narrowed", "-- contract: nothing reads it\nalter table widened drop column old;\n"
    )
    pusher.push("Contract")
    done = pusher.clone.attempt("python3", "-m", "infra.cli", "releases", "--rollback")
    assert done.returncode != 0 and contraction in done.stdout + done.stderr


@pytest.mark.chaos
def test_a_second_push_is_refused_by_the_name_of_the_first_and_a_lost_pusher_stops_nothing(
    pusher: Pusher,
) -> None:
    pushed(pusher)
    first = pusher.commit("The first of two")
    with pusher.start_push() as pushing:
        assert pushing.stdout is not None
        next(line for line in pushing.stdout if "build" in line)
        kill_group(pushing)
    second = pusher.commit("The second of two")
    refused = pusher.attempt("push", "shoreline", "main")
    assert refused.returncode != 0 and f"deploy {first}" in refused.stdout + refused.stderr
    until(lambda: pusher.releases()[-1].result == "deployed", deadline=200)
    assert pusher.releases()[-1].commit == first
    assert pusher.attempt("push", "shoreline", "main").returncode == 0
    assert pusher.releases()[-1].commit == second


@pytest.mark.chaos
def test_a_push_while_somebody_else_updates_the_stack_is_refused_by_their_name(pusher: Pusher) -> None:
    in_force = pushed(pusher)
    lock = pusher.clone.folder / ".shoreline/state/.pulumi/locks/organization/shoreline/dev/theirs.json"
    lock.parent.mkdir(parents=True, exist_ok=True)
    theirs = {"pid": 1, "username": "eve", "hostname": "elsewhere", "timestamp": "2026-11-26T01:02:03Z"}
    lock.write_text(json.dumps(theirs))
    pusher.append("services/api/app.py", "\n# while Eve is at it\n")
    said = pusher.refused("While Eve is at it")
    lock.unlink()
    assert "another update holds the state lock (eve@elsewhere, process 1, since 2026-11-26" in said
    assert_in_force(pusher, in_force)


@pytest.mark.chaos
def test_a_push_that_fails_goes_back_to_what_make_up_made(pusher: Pusher) -> None:
    """As the first push does."""
    pusher.append("services/api/app.py", "\n# in no commit\n")
    pusher.clone.shoreline("up")
    made = pusher.releases()[-1]
    assert (made.subject, made.result) == ("make up", "deployed")
    pusher.edit(*BROKEN["answers slowly"][0])
    with under_load(pusher):
        said = pusher.refused("The first")
    assert f"rolled back to {made.id}" in said
    assert_in_force(pusher, made)


@pytest.mark.chaos
@pytest.mark.timeout(3600)
def test_killed_at_random_points_the_next_push_repairs(pusher: Pusher) -> None:
    pushed(pusher)
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    chance = random.Random(seed)  # noqa: S311 not for secrets
    with under_load(pusher):
        for point, victim in enumerate(chance.sample(VICTIMS, len(VICTIMS))):
            pusher.append("services/api/app.py", f"\n# kill {point}\n")
            pusher.append("services/edge/src/index.ts", f'\nconsole.log("kill {point}");\n')
            pusher.commit(f"Killed {point}")
            step = "deploy" if victim == "the switch" else chance.choice(STEPS)
            with pusher.start_push() as pushing:
                assert pushing.stdout is not None
                next((line for line in pushing.stdout if step in line), None)
                killed = kill(pusher, victim, pushing, after=chance.uniform(0, 3))
                said, _ = pushing.communicate()
            ended = pusher.releases()[-1]
            print(f"{victim} ({killed} processes) in {step!r}: {ended.result} in {ended.step!r}")
            assert victim != "the switch" or not killed or ended.result in ("rolled back", "deployed"), said
        pusher.push("Repaired")
    assert pusher.releases()[-1].result == "deployed"
    pusher.clone.pulumi("preview", "--expect-no-changes")


def pushed(pusher: Pusher) -> Release:
    """The release in force; one is pushed where there is none."""
    if not any(each.result == "deployed" for each in pusher.releases()):
        pusher.push("The first release")
    return next(each for each in reversed(pusher.releases()) if each.result == "deployed")


def assert_in_force(pusher: Pusher, release: Release) -> None:
    """The release's tree answers, alone."""
    [record] = [each for each in pusher.releases() if each.id == release.id]
    assert record.serving is not None and release.serving is not None
    assert record.serving.server_release == release.serving.server_release
    assert {ask(pusher).headers["x-release"] for _ in range(10)} == {record.serving.version}


@contextmanager
def under_load(pusher: Pusher) -> Iterator[Load]:
    """Asks the edge and a server all the while, as often as one address may; writes, hears; none may fail."""
    url = pusher.clone.url
    notes, session = f"{url}/api/notes", f"{url}/api/session"
    with (
        load(lambda client: client.get(notes), seen=version_of, threads=1, pause=0.1) as edge,
        load(lambda client: client.delete(session), seen=version_of, threads=1, pause=1.5) as server,
        visiting(url) as people,
    ):
        yield edge
    print(
        f"{edge.answers.total()} requests to the edge, {server.answers.total()} to a server; {people.told()}"
    )
    assert not edge.failures and not server.failures and not people.failures
    assert not people.lost()


def kill(pusher: Pusher, victim: str, pushing: "subprocess.Popen[str]", *, after: float) -> int:
    """So many seconds after it began; how many processes that hit."""

    def found() -> list[psutil.Process]:
        leader = json.loads((pusher.home / "delivery" / "lock").read_text() or "{}").get("pid")
        return [each for each in psutil.process_iter() if is_victim(each, victim, leader, pusher)]

    until(lambda: found() or pushing.poll() is not None, deadline=60)
    moment = time.monotonic() + after
    until(lambda: time.monotonic() > moment)
    victims = found()
    for process in victims:
        with suppress(psutil.NoSuchProcess):
            process.kill()
    return len(victims)


def is_victim(process: psutil.Process, victim: str, leader: int | None, pusher: Pusher) -> bool:
    try:
        match victim:
            case "the deploy":
                return process.pid == leader
            case "all of it":
                return os.getsid(process.pid) == leader
            case _:
                return "activate" in process.cmdline() and str(pusher.home) in process.cwd()
    except (psutil.Error, ProcessLookupError):
        return False


def version_of(answer: httpx.Response) -> str:
    return str(answer.headers.get("x-release", ""))
