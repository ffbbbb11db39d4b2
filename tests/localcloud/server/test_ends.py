"""SIGKILL of anything, reboots, several servers: nothing is left behind, what is enabled comes back."""

import contextlib
import signal
import stat
from pathlib import Path

import psutil
import pytest
import yaml

from infra.errors import UserError
from infra.localcloud import orphans
from infra.localcloud.endpoints import Endpoints
from infra.localcloud.running import DAEMON
from tests.localcloud.server.vps import Vps
from tests.support.process import until

FORKING = """
import os, time
if os.fork() == 0:
    os.setsid()
    os.environ.clear()
    if os.fork(): os._exit(0)
    os.execve("/bin/sleep", ["sleep", "1000"], {})
print("forked", flush=True)
time.sleep(1000)
"""


def _enabled_service(vps: Vps, name: str = "shoreline-api.service") -> str:
    """A unit whose process leaves a child with no session, parent or environment in common."""
    vps.script("forking", FORKING)
    vps.unit(name, "ExecStart=%h/forking\nRestart=always\nRestartSec=0.05", install="WantedBy=default.target")
    assert vps.systemctl("enable", "--now", name).returncode == 0
    until(lambda: vps.log(name).count("forked") and len(vps.inside()) >= 3)
    return name


def test_enable_links_and_a_reboot_starts(own_vps: Vps) -> None:
    name = _enabled_service(own_vps)
    other = own_vps.unit("other.service", "ExecStart=/bin/sleep 1000")
    own_vps.systemctl("start", other)
    link = own_vps.units / "default.target.wants" / name
    assert link.resolve() == (own_vps.units / name).resolve()
    assert own_vps.systemctl("is-enabled", name).stdout == "enabled\n"
    before = own_vps.inside()
    own_vps.cloud.down()
    assert not any(orphans.lives(process) for process in before)
    own_vps.cloud.up()
    assert own_vps.state(name) == "active/running"
    assert own_vps.state(other) == "inactive/dead"
    assert own_vps.systemctl("disable", "--now", name).returncode == 0
    assert not link.exists()
    assert own_vps.state(name) == "inactive/dead"


def test_status_shows_the_server_and_its_units(own_vps: Vps) -> None:
    name = _enabled_service(own_vps)
    shown = {each["name"]: each for each in own_vps.cloud.status()["processes"]}
    assert shown["vps-1 ssh"]["address"] == f"127.0.0.1:{own_vps.port}"
    assert shown["vps-1 api"]["pid"] == own_vps.pid(name)
    assert own_vps.cloud.processes()["vps-1-api"].pid == own_vps.pid(name)
    assert (own_vps.cloud.data / "logs" / "vps-1-api.log").exists()
    crash = own_vps.unit("crash.service", "ExecStart=/bin/false")
    own_vps.systemctl("start", crash)
    own_vps.until_state(crash, "failed/failed")
    status = until(lambda: found if "crash (failed)" in str(found := own_vps.cloud.status()) else None)
    assert status["healthy"]
    logs = own_vps.cloud.run("logs", "vps-1-api").stdout
    assert "forked" in logs


@pytest.mark.parametrize("victim", ["warden", "supervisor"])
def test_a_killed_server_process_comes_back_with_its_units_and_no_orphans(own_vps: Vps, victim: str) -> None:
    name = _enabled_service(own_vps)
    before = own_vps.inside()
    warden = own_vps.cloud.processes()["vps-1"]
    (warden if victim == "warden" else warden.children()[0]).kill()
    until(lambda: own_vps.cloud.restarts("vps-1 ssh") == 1 and own_vps.cloud.status()["healthy"])
    until(lambda: own_vps.state(name) == "active/running")
    left = [process for process in before if orphans.lives(process)]
    if victim == "supervisor":
        assert left == []
    else:  # the one that gave up parent, session and environment is beyond a new warden's sight
        assert [process.cmdline() for process in left] in ([], [["sleep", "1000"]])
        for process in left:
            process.kill()


def test_a_killed_daemon_leaves_nothing_and_up_brings_all_back(own_vps: Vps) -> None:
    name = _enabled_service(own_vps)
    before = own_vps.inside()
    own_vps.cloud.processes()[DAEMON].kill()
    until(lambda: not any(orphans.lives(process) for process in before))
    own_vps.cloud.up()
    assert own_vps.state(name) == "active/running"


def test_everything_killed_at_once_comes_back(own_vps: Vps) -> None:
    name = _enabled_service(own_vps)
    (own_vps.home / "precious").write_text("kept")
    for process in [*own_vps.inside(), *own_vps.cloud.processes().values()]:
        with contextlib.suppress(psutil.NoSuchProcess):  # the one before took it along
            process.kill()
    own_vps.cloud.up()
    assert own_vps.state(name) == "active/running"
    assert own_vps.ssh("cat precious").stdout == "kept"


def test_what_an_earlier_life_left_is_swept_at_the_start(own_vps: Vps) -> None:
    own_vps.script("forks", "import os, time\nif os.fork() == 0: os.setsid()\ntime.sleep(1000)")
    name = own_vps.unit("forks.service", "ExecStart=%h/forks")
    own_vps.systemctl("start", name)
    mine = until(lambda: found if len(found := own_vps.inside()) >= 3 else None)
    processes = own_vps.cloud.processes()
    processes[DAEMON].suspend()  # so that it cannot start the server again
    processes["vps-1"].kill()
    processes[DAEMON].kill()
    left = until(lambda: [process for process in mine if orphans.lives(process)])
    own_vps.cloud.up()
    assert not any(orphans.lives(process) for process in left)


def test_a_reboot_keeps_units_in_order_and_ends_stubborn_ones(own_vps: Vps) -> None:
    ignoring = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    code = f"import signal, time\n{ignoring}\nprint('deaf', flush=True)\ntime.sleep(1000)"
    own_vps.script("deaf", code)
    name = own_vps.unit("deaf.service", "ExecStart=%h/deaf\nTimeoutStopSec=0.5")
    own_vps.systemctl("start", name)
    until(lambda: "deaf" in own_vps.log(name).split())
    pid = own_vps.pid(name)
    own_vps.cloud.down()
    assert not psutil.pid_exists(pid)
    assert "timeout" in own_vps.log(name)


def test_several_servers_are_apart(tmp_path: Path) -> None:
    first, second = servers = Vps.several(tmp_path, 2)
    try:
        first.cloud.up()
        for server in servers:
            server.unit("who.service", "ExecStart=/bin/sh -c 'echo I am %h; exec sleep 1000'")
            assert server.ssh("systemctl --user start who").returncode == 0
        assert "/vps-1/home" in first.log("who.service")
        assert "/vps-2/home" in second.log("who.service")
        first.cloud.processes()["vps-1"].kill()
        pid = second.pid("who.service")
        until(lambda: first.cloud.restarts("vps-1 ssh") == 1 and first.cloud.status()["healthy"])
        assert second.pid("who.service") == pid
        assert first.state("who.service") == "inactive/dead"
    finally:
        first.cloud.reset()


def test_the_data_folder_lets_nobody_else_in(own_vps: Vps) -> None:
    runtime = Path(own_vps.ssh("echo $XDG_RUNTIME_DIR").stdout.strip())
    for folder in (own_vps.cloud.data, runtime):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    own_vps.cloud.down()
    assert not runtime.exists()


def test_the_daemon_ends_a_server_on_sigterm_only_after_its_services(own_vps: Vps) -> None:
    out = own_vps.home / "end.out"
    service = f"ExecStart=/bin/sleep 1000\nExecStop=/bin/sh -c 'sleep 0.2; echo stopped > {out}'"
    own_vps.unit("end.service", service)
    own_vps.systemctl("start", "end")
    own_vps.cloud.daemon().send_signal(signal.SIGTERM)
    until(lambda: not own_vps.cloud.processes())
    assert out.read_text() == "stopped\n"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"name": "VPS 1"}, "VPS 1 is no server name"),
        ({"host": "192.0.2.1"}, "192.0.2.1 is not this machine's loopback"),
        ({"hostKey": "ssh-ed25519 AAAAother"}, "hostKey is not the key that the local vps-1 has"),
        ({"user": None}, "user is missing"),
        ({"port": "ssh"}, "is no URL"),
    ],
)
def test_mistakes_in_the_settings_are_told(tmp_path: Path, change: dict[str, object], says: str) -> None:
    vps = Vps.alone(tmp_path)
    config = yaml.safe_load(vps.cloud.config_file.read_text())
    config["config"]["shoreline:servers"] = [{**vps.declared(), **change}]
    vps.cloud.config_file.write_text(yaml.safe_dump(config))
    with pytest.raises(UserError, match="shoreline:servers") as mistake:
        Endpoints.load(vps.cloud.config_file)
    assert says in str(mistake.value)
