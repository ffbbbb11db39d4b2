"""Putting releases into force: beside each other, again without change, undone on failure, secrets kept."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from services.host import activation, health, retention
from services.host.activation import Given, activate, drain, end
from services.host.failures import ActivationFailed
from services.host.layout import environment, live
from services.host.systemd import unit
from tests.support.managed_host import ManagedHost
from tests.unit.host.conftest import Copy

NAMES = ("api", "front", "jobs", "realtime")
ANSWERING = ("api", "front", "realtime")
TUNNEL = "shoreline-tunnel.service"
SECRET = "planted-secret-4711"
ROOT = Path(__file__).parents[3]


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activation, "_LAST_REQUESTS_SECONDS", 0.0)


def given(release: str, *, tunnel: str = "tunnel-token-1", port: str = "8721", **more: str) -> Given:
    most = {"RELEASE": release, "DATABASE_TOKEN": SECRET, **more}
    environments = {**dict.fromkeys(NAMES, most), "front": {"RELEASE": release}}
    return Given(environments, {"ORIGIN_PORT": port}, {"TUNNEL_TOKEN": tunnel})


def put(host: ManagedHost, release: str, **more: str) -> str:
    return activate(host.layout, release, given(release, **more))


def written(host: ManagedHost) -> dict[str, str]:
    """The variables of the services of the release in force."""
    return {name: environment(host.layout.current, name).read_text() for name in NAMES}


def units(release: str, names: tuple[str, ...] = NAMES) -> list[str]:
    return [unit(name, release) for name in names]


def services(release: str, names: tuple[str, ...] = NAMES) -> dict[str, str]:
    return {f"{name}@{release}": release for name in names}


def test_a_release_is_put_into_force(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    assert put(host, release) == f"release {release} is in force"
    assert host.layout.current.resolve() == host.layout.release(release)
    assert (host.layout.current / "python" / "bin" / "python").exists()
    proxy, jobs = unit("proxy", release), unit("jobs", release)
    assert host.calls() == [
        ["daemon-reload"],
        ["enable", *units(release)],
        ["stop", jobs],
        ["restart", *units(release)],
        ["daemon-reload"],
        ["enable", proxy],
        ["start", proxy],
        ["daemon-reload"],
        ["enable", TUNNEL],
        ["restart", TUNNEL],
    ]
    installed = sorted(path.name for path in host.layout.units.iterdir())
    assert installed == sorted([*units(release), proxy, TUNNEL])


def test_the_same_again_changes_nothing(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    host.calls()
    assert put(host, release) == f"release {release} is in force already"
    assert host.calls() == []


def test_a_unit_that_is_not_running_is_started_again(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    before = host.running()
    for name in (unit("api", release), unit("proxy", release)):
        subprocess.run(["systemctl", "--user", "stop", name], check=True)
        put(host, release)
        assert host.running() == before


def test_a_new_release_runs_beside_the_one_before(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    put(host, two)
    former = services(one, ANSWERING)
    assert host.running() == {**former, f"proxy@{one}": one, "tunnel": "tunnel", **services(two)}
    assert live(host.layout.release(one)).exists() and host.layout.in_force() == two


def test_draining_ends_all_but_the_one_in_force_and_those_kept(host: ManagedHost, copy: Copy) -> None:
    one, two, three = copy("one = 1"), copy("two = 2"), copy("three = 3")
    for release in (one, two, three):
        put(host, release)
    assert drain(host.layout, [two]) == f"ended: {one}"
    answering = {**services(two, ANSWERING), **services(three)}
    assert host.running() == {f"proxy@{one}": one, "tunnel": "tunnel", **answering}
    assert not live(host.layout.release(one)).exists()
    assert drain(host.layout, [two]) == "ended: none"


def test_going_back_to_a_release_that_runs_restarts_nothing(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    put(host, two)
    host.calls()
    assert put(host, one) == f"release {one} is in force"
    assert [call for call in host.calls() if call[0] == "restart"] == []
    assert host.running().items() >= services(one).items()
    assert f"jobs@{two}" not in host.running()


def test_a_new_proxy_takes_over_before_the_former_ends(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    host.calls()
    put(host, two, port="8799")
    proxys = [call for call in host.calls() if any("proxy" in word for word in call)]
    assert [call[0] for call in proxys] == ["enable", "start", "disable", "reset-failed"]
    assert host.layout.proxy.read_text() == "ORIGIN_PORT=8799\n"
    assert f"proxy@{two}" in host.running() and f"proxy@{one}" not in host.running()


def test_a_proxy_that_does_not_start_leaves_everything_as_it_was(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    before = host.running()
    host.fail(unit("proxy", two))
    with pytest.raises(ActivationFailed, match="can't be started"):
        put(host, two, port="8799")
    assert host.running() == before and host.layout.in_force() == one
    assert host.layout.proxy.read_text() == "ORIGIN_PORT=8721\n"
    assert put(host, one) == f"release {one} is in force already"


def test_a_new_token_restarts_the_tunnel(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    host.calls()
    put(host, release, tunnel="tunnel-token-2")
    assert [call for call in host.calls() if call[0] == "restart"] == [["restart", TUNNEL]]
    assert host.layout.tunnel.read_text() == "TUNNEL_TOKEN=tunnel-token-2\n"


def test_files_with_secrets_are_for_their_owner_only(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    files = [environment(host.layout.release(release), name) for name in NAMES]
    for path in (*files, host.layout.tunnel):
        assert path.stat().st_mode & 0o777 == 0o600
    assert files[0].parent.stat().st_mode & 0o777 == 0o700


def test_a_service_gets_its_own_variables_only(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    most = f"DATABASE_TOKEN={SECRET}\nRELEASE={release}\n"
    assert written(host) == {**dict.fromkeys(NAMES, most), "front": f"RELEASE={release}\n"}


def test_services_start_anew_where_the_variables_of_one_changed(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    host.calls()
    before = given(release)
    changed = {**before.environments, "jobs": {"RELEASE": release, "MAIL_HOST": "m"}}
    activate(host.layout, release, replace(before, environments=changed))
    assert ["restart", *units(release)] in host.calls()
    assert written(host)["jobs"] == f"MAIL_HOST=m\nRELEASE={release}\n"


def test_a_release_that_does_not_work_leaves_the_one_before_alone(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    before = host.running()
    host.calls()
    host.break_release(two)
    with pytest.raises(ActivationFailed) as caught:
        put(host, two)
    assert str(caught.value).splitlines()[-2:] == [
        f"release {two}: {unit('api', two)} ended 4 times right after its start",
        f"Now release {one} is in force.",
    ]
    assert f"log of {unit('api', two)}: it fell over" in str(caught.value)
    assert not any(one in word for call in host.calls() for word in call)
    assert host.layout.in_force() == one and host.running() == before
    assert put(host, one) == f"release {one} is in force already"


def test_variables_that_do_not_work_give_way_to_those_before(
    host: ManagedHost, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = copy("one = 1")
    put(host, release)
    before = written(host)
    monkeypatch.setattr(health.wait, "__defaults__", (0.5,))
    with pytest.raises(ActivationFailed, match=r"does not work 0\.5 s after .* answers for release"):
        activate(host.layout, release, given("another"))
    assert written(host) == before
    assert host.running()[f"api@{release}"] == release


def test_a_first_release_that_does_not_work_is_stopped(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    host.break_release(release)
    with pytest.raises(ActivationFailed, match=r"Now no release is in force\.$"):
        put(host, release)
    assert host.running() == {}
    assert host.layout.in_force() is None


def test_an_incomplete_copy_is_refused_before_anything_changes(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    host.calls()
    (host.layout.release(two) / "units" / "shoreline-api@.service").unlink()
    with pytest.raises(ActivationFailed, match="the copy broke off"):
        put(host, two)
    assert host.calls() == []


def test_code_that_does_not_compile_is_refused_before_anything_changes(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = = 2")
    put(host, one)
    host.calls()
    with pytest.raises(ActivationFailed, match="SyntaxError"):
        put(host, two)
    assert host.calls() == []


def test_no_secret_is_in_a_message(host: ManagedHost, copy: Copy, monkeypatch: pytest.MonkeyPatch) -> None:
    release = copy("one = 1")
    host.break_release(release)
    monkeypatch.setenv("LOG_LINE", f"can't connect with {SECRET}, tunnel-token-1 and key-2")
    with pytest.raises(ActivationFailed) as caught:
        put(host, release, EDGE_KEYS="key-1,key-2")
    assert "can't connect with [secret], [secret] and [secret]" in str(caught.value)


def test_an_activation_that_was_killed_is_taken_up_again(
    host: ManagedHost, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two, three = copy("one = 1"), copy("two = 2"), copy("three = 3")
    put(host, one)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(health, "wait", killed)
        with pytest.raises(KeyboardInterrupt):
            put(host, two)
    assert host.layout.in_force() == one and not live(host.layout.release(two)).exists()
    assert put(host, three) == f"release {three} is in force"
    assert drain(host.layout, []) == f"ended: {', '.join(sorted([one, two]))}"
    assert put(host, two) == f"release {two} is in force"


def test_the_last_five_releases_and_their_environments_are_kept(host: ManagedHost, copy: Copy) -> None:
    (host.layout.environments / "unused").mkdir(parents=True)
    releases = []
    for age in range(7):
        releases.append(copy(f"number = {age}"))
        put(host, releases[-1])
        os.utime(host.layout.current / "environment", (age, age))
        drain(host.layout, [])
    kept = {releases[0], *releases[-retention.KEPT + 1 :]}  # the first has the proxy
    assert {path.name for path in host.layout.releases.iterdir()} == kept
    assert len(list(host.layout.environments.iterdir())) == 1


def test_nothing_of_ours_is_left_in_the_end(host: ManagedHost, copy: Copy) -> None:
    put(host, copy("one = 1"))
    put(host, copy("two = 2"))
    end(host.layout)
    assert host.running() == {} and list(host.layout.units.iterdir()) == []


def test_the_command_takes_variables_from_standard_input(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    argv = [sys.executable, "-B", "-m", "services.host", "activate", release]
    variables = given(release)
    text = json.dumps(vars(variables))
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    def run() -> "subprocess.CompletedProcess[str]":
        return subprocess.run(argv, env=environment, input=text, capture_output=True, text=True, check=False)

    done = run()
    assert (done.returncode, done.stdout, done.stderr) == (0, f"release {release} is in force\n", "")
    host.break_release(release)
    subprocess.run(["systemctl", "--user", "stop", unit("api", release)], check=True)
    done = run()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and SECRET not in done.stderr
