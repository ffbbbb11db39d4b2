"""Putting releases into force: in order, again without change, back on failure, and nothing secret shown."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from services.host import health, retention
from services.host.activation import Given, activate
from services.host.failures import ActivationFailed
from tests.support.managed_host import ManagedHost
from tests.unit.host.conftest import Copy

SERVICES = ["shoreline-api.service", "shoreline-jobs.service", "shoreline-realtime.service"]
TUNNEL = "shoreline-tunnel.service"
SECRET = "planted-secret-4711"
ROOT = Path(__file__).parents[3]


def given(host: ManagedHost, release: str, **more: str) -> Given:
    environment = {
        "API_PORT": str(host.ports["api"]),
        "REALTIME_PORT": str(host.ports["realtime"]),
        "RELEASE": release,
        "DATABASE_TOKEN": SECRET,
        **more,
    }
    return Given(environment, {"TUNNEL_TOKEN": "tunnel-token-1"})


def put(host: ManagedHost, release: str, **more: str) -> str:
    return activate(host.layout, release, given(host, release, **more))


def test_a_release_is_put_into_force(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    assert put(host, release) == f"release {release} is in force"
    assert host.layout.current.resolve() == host.layout.release(release)
    assert (host.layout.current / "python" / "bin" / "python").exists()
    assert host.calls() == [
        ["daemon-reload"],
        ["enable", *SERVICES, TUNNEL],
        ["stop", "shoreline-jobs.service"],
        ["restart", *SERVICES],
        ["restart", TUNNEL],
    ]
    assert sorted(path.name for path in host.layout.units.iterdir()) == sorted([*SERVICES, TUNNEL])


def test_the_same_again_changes_nothing(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    host.calls()
    assert put(host, release) == f"release {release} is in force already"
    assert host.calls() == []


def test_a_unit_that_is_not_running_is_started_again(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    subprocess.run(["systemctl", "--user", "stop", "shoreline-api.service"], check=True)
    put(host, release)
    assert host.running() == dict.fromkeys([*SERVICES, TUNNEL], release)


def test_a_new_release_leaves_the_tunnel_alone(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    put(host, two)
    assert host.running() == {**dict.fromkeys(SERVICES, two), TUNNEL: one}


def test_a_new_token_restarts_the_tunnel(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    host.calls()
    changed = Given(given(host, release).environment, {"TUNNEL_TOKEN": "tunnel-token-2"})
    activate(host.layout, release, changed)
    assert host.calls()[-1] == ["restart", TUNNEL]
    assert host.layout.tunnel.read_text() == "TUNNEL_TOKEN=tunnel-token-2\n"


def test_files_with_secrets_are_for_their_owner_only(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    put(host, release)
    environment = host.layout.release(release) / "environment"
    for path in (environment, host.layout.tunnel):
        assert path.stat().st_mode & 0o777 == 0o600
    assert f"DATABASE_TOKEN={SECRET}\n" in environment.read_text()
    assert "TUNNEL_TOKEN" not in environment.read_text()


def test_a_release_that_does_not_work_gives_way_to_the_one_before(host: ManagedHost, copy: Copy) -> None:
    one, two = copy("one = 1"), copy("two = 2")
    put(host, one)
    host.break_release(two)
    with pytest.raises(ActivationFailed) as caught:
        put(host, two)
    assert str(caught.value).splitlines()[-2:] == [
        f"release {two}: shoreline-api.service ended 4 times right after its start",
        f"Now release {one} is in force.",
    ]
    assert "log of shoreline-api.service: it fell over" in str(caught.value)
    assert host.layout.in_force() == one
    assert host.running() == {**dict.fromkeys(SERVICES, one), TUNNEL: one}
    assert put(host, one) == f"release {one} is in force already"


def test_variables_that_do_not_work_give_way_to_those_before(
    host: ManagedHost, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = copy("one = 1")
    put(host, release)
    before = (host.layout.current / "environment").read_text()
    monkeypatch.setattr(health.wait, "__defaults__", (0.2,))
    with pytest.raises(ActivationFailed, match=r"does not work 0\.2 s after .* answers for release"):
        put(host, release, RELEASE="another")
    assert (host.layout.current / "environment").read_text() == before
    assert host.running()["shoreline-api.service"] == release


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
    (host.layout.release(two) / "units" / "shoreline-api.service").unlink()
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
    monkeypatch.setenv("LOG_LINE", f"can't connect with {SECRET} and tunnel-token-1")
    with pytest.raises(ActivationFailed) as caught:
        put(host, release)
    assert "can't connect with [secret] and [secret]" in str(caught.value)


def test_a_broken_off_activation_is_taken_up_again(
    host: ManagedHost, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = copy("one = 1")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as context:
        context.setattr(health, "wait", killed)
        with pytest.raises(KeyboardInterrupt):
            put(host, release)
    assert host.layout.in_force() == release
    assert put(host, release) == f"release {release} is in force"


def test_the_last_five_releases_and_their_environments_are_kept(host: ManagedHost, copy: Copy) -> None:
    (host.layout.environments / "unused").mkdir(parents=True)
    releases = []
    for age in range(7):
        releases.append(copy(f"number = {age}"))
        put(host, releases[-1])
        os.utime(host.layout.current / "environment", (age, age))
    assert {path.name for path in host.layout.releases.iterdir()} == set(releases[-retention.KEPT :])
    assert len(list(host.layout.environments.iterdir())) == 1


def test_the_command_takes_variables_from_standard_input(host: ManagedHost, copy: Copy) -> None:
    release = copy("one = 1")
    argv = [sys.executable, "-B", "-m", "services.host", release]
    variables = given(host, release)
    text = json.dumps({"environment": variables.environment, "tunnel": variables.tunnel})
    done = subprocess.run(argv, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"release {release} is in force\n", "")
    host.break_release(release)
    subprocess.run(["systemctl", "--user", "stop", "shoreline-api.service"], check=True)
    done = subprocess.run(argv, cwd=ROOT, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr and SECRET not in done.stderr
