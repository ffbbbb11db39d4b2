"""From one release to the next on a real server under load: no request fails, whatever happens to the switch.

In kind the tests of kamal-proxy: requests in flight finish, overlong ones get 504, a release that doesn't
work leaves the one before, and all of it is so again after a restart.
"""

import functools
import random
import subprocess
import threading
import time
from collections.abc import Iterator

import httpx
import pytest

from services.host.layout import live
from tests.localcloud.server.vps import Vps
from tests.support.load import Load, load
from tests.support.process import until
from tests.support.releases import LONGEST_SECONDS, Releases


@pytest.fixture(scope="module")
def releases(vps: Vps) -> Releases:
    return Releases(vps)


@pytest.fixture(scope="module")
def first(releases: Releases) -> str:
    """In force before each test began."""
    release = releases.copy("first")
    done = releases.activate(release)
    assert done.returncode == 0, done.stderr
    return release


@pytest.fixture
def under_load(releases: Releases, first: str) -> Iterator[Load]:
    """Reads and writes, each on a connection that is kept, as cloudflared keeps them."""
    assert releases.activate(first).returncode == 0
    with (
        load(lambda client: client.get(f"{releases.url}/"), threads=1) as found,
        load(lambda client: client.post(f"{releases.url}/", content=b"!"), threads=1) as writes,
    ):
        yield found
    assert found.failures == [] and writes.failures == []
    assert found.saw(first) and writes.saw(f"{first}!")


def ask(releases: Releases, path: str = "/", release: str | None = None) -> httpx.Response:
    headers = {} if release is None else {"shoreline-release": release}
    return httpx.get(f"{releases.url}{path}", headers=headers, timeout=20, trust_env=False)


def test_no_request_fails_over_several_releases(releases: Releases, under_load: Load) -> None:
    for name in ("second", "third"):
        release = releases.copy(name)
        assert releases.activate(release).returncode == 0
        assert ask(releases).text == release
        releases.drain(release)
        assert ask(releases).text == release
        until(functools.partial(under_load.saw, release))
    assert sum("api@" in unit for unit in releases.units()) == 1


def test_a_worker_is_answered_by_its_release_as_long_as_that_is_live(releases: Releases, first: str) -> None:
    assert releases.activate(first).returncode == 0
    new = releases.copy("bound")
    assert releases.activate(new).returncode == 0
    assert [ask(releases, release=each).text for each in (first, new, None)] == [first, new, new]
    for unknown in ("0" * 16, "../../..", f"{first}/../{first}", "*", "[0-9a-f]" * 16):
        assert ask(releases, release=unknown).text == new
    releases.drain(new)
    assert ask(releases, release=first).text == new


def test_requests_in_flight_finish_on_the_release_that_took_them(releases: Releases, first: str) -> None:
    assert releases.activate(first).returncode == 0
    new = releases.copy("while they wait")
    answers: list[httpx.Response] = []

    def wait(release: str | None) -> None:
        answers.append(ask(releases, "/slow/2.5", release))

    assert releases.activate(new).returncode == 0
    waiting = threading.Thread(target=wait, args=(first,))
    waiting.start()
    time.sleep(0.3)  # the request is on its way before the release is told to end
    releases.drain(new)
    assert f"vps-1 api@{first}" not in releases.units()
    waiting.join()
    assert [(answer.status_code, answer.text) for answer in answers] == [(200, first)]


def test_an_overlong_request_gets_504(releases: Releases, first: str) -> None:
    assert releases.activate(first).returncode == 0
    assert ask(releases, f"/slow/{LONGEST_SECONDS + 1}").status_code == 504


def test_a_release_that_fails_its_health_check_changes_nothing(
    releases: Releases, first: str, under_load: Load
) -> None:
    before = releases.units()
    broken = releases.copy("unhealthy", works=False)
    done = releases.activate(broken)
    assert done.returncode == 1
    assert f"shoreline-api@{broken}.service does not work" in done.stderr
    assert f"Now release {first} is in force." in done.stderr
    assert releases.units() == before


def test_a_service_that_is_killed_costs_no_request_but_those_it_was_answering(
    releases: Releases, first: str
) -> None:
    assert releases.activate(first).returncode == 0
    api = releases.vps.pid(f"shoreline-api@{first}.service")
    with load(lambda client: client.get(f"{releases.url}/"), threads=1) as found:
        until(functools.partial(found.saw, first))
        subprocess.run(["kill", "-9", str(api)], check=True)
        until(lambda: releases.vps.pid(f"shoreline-api@{first}.service") not in (0, api))
        assert ask(releases).text == first
    assert len(found.failures) <= 1


def test_the_proxy_knows_everything_again_after_it_was_killed(releases: Releases, first: str) -> None:
    assert releases.activate(first).returncode == 0
    new = releases.copy("before the kill")
    assert releases.activate(new).returncode == 0
    (proxy,) = [unit.removeprefix("vps-1 ") for unit in releases.units() if "proxy@" in unit]
    pid = releases.vps.pid(f"shoreline-{proxy}.service")
    subprocess.run(["kill", "-9", str(pid)], check=True)
    until(lambda: releases.vps.pid(f"shoreline-{proxy}.service") not in (0, pid))

    def answers() -> list[str]:
        try:
            return [ask(releases, release=each).text for each in (first, new, None)]
        except httpx.TransportError:
            return []

    until(lambda: answers() == [first, new, new])
    releases.drain(new)


def test_a_switch_killed_at_any_point_costs_no_request_and_is_taken_up(
    releases: Releases, under_load: Load
) -> None:
    chance = random.Random(9)  # noqa: S311 - repeatable
    for attempt in range(4):
        release = releases.copy(f"killed {attempt}")
        script = (
            f"cd {releases.layout.release(release)} && exec python3 -B -m services.host activate {release}"
        )
        programs = releases.vps.home.parent / "bin"
        environment = {"HOME": str(releases.vps.home), "PATH": f"{programs}:/usr/bin:/bin"}
        switch = subprocess.Popen(
            ["/bin/sh", "-c", script],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert switch.stdin is not None
        switch.stdin.write(releases.variables(release))
        switch.stdin.close()
        time.sleep(chance.uniform(0.1, 2.5))
        switch.kill()
        switch.wait()
        assert ask(releases).status_code == 200
    last = releases.copy("after the kills")
    assert releases.activate(last).returncode == 0
    releases.drain(last)
    assert [unit for unit in releases.units() if "api@" in unit] == [f"vps-1 api@{last}"]
    assert not any(live(each).exists() for each in releases.layout.releases.iterdir() if each.name != last)


def test_after_a_restart_of_the_server_the_same_release_answers(own_vps: Vps) -> None:
    releases = Releases(own_vps)
    release = releases.copy("lasting")
    assert releases.activate(release).returncode == 0
    own_vps.cloud.down()
    own_vps.cloud.up()
    until(lambda: answered(releases) == release)
    # Units that don't answer requests may still be starting.
    until(lambda: releases.activate(release).stdout == f"release {release} is in force already\n")


def answered(releases: Releases) -> str | None:
    try:
        return ask(releases).text
    except httpx.TransportError:
        return None
