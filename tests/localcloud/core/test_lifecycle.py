"""The local cloud's life, by its command and real processes: up, down, kills, restarts, wiping."""

import json
import os
import signal
import stat
import subprocess
import sys

import psutil

from infra.localcloud import orphans
from infra.localcloud.running import DAEMON
from infra.paths import ROOT
from tests.support.cloud import LocalCloud
from tests.support.process import until


def test_what_was_declared_is_there_after_down_and_up(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    _declare_a_group(own_cloud)
    own_cloud.down()
    own_cloud.up()
    groups = own_cloud.turso("GET", "/groups").json()["groups"]
    assert [group["name"] for group in groups] == ["default"]


def _declare_a_group(cloud: LocalCloud) -> None:
    cloud.turso("POST", "/groups", json={"name": "default", "location": "aws-us-east-1"}).raise_for_status()


def test_up_leaves_a_running_cloud_alone(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    before = {name: process.pid for name, process in own_cloud.processes().items()}
    own_cloud.up()
    assert {name: process.pid for name, process in own_cloud.processes().items()} == before


def test_up_restarts_a_cloud_of_other_code(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    before = own_cloud.daemon().pid
    saved = own_cloud.data / "run" / "daemon.json"
    saved.write_text(json.dumps({**json.loads(saved.read_text()), "fingerprint": "older"}))
    done = own_cloud.run("up")
    assert "restarting the local cloud: its code changed" in done.stderr
    assert own_cloud.daemon().pid != before


def test_up_moves_a_cloud_to_changed_addresses(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    _declare_a_group(own_cloud)
    own_cloud.choose_ports()
    done = own_cloud.run("up")
    assert "shoreline:turso.api" in done.stderr
    assert own_cloud.turso("GET", "/groups").json()["groups"]


def test_up_takes_in_a_changed_plan(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    text = own_cloud.config_file.read_text()
    own_cloud.config_file.write_text(text.replace("plan: paid", "plan: free"))
    assert "restarting the local cloud: shoreline:cloudflare.plan changed" in own_cloud.run("up").stderr


def test_up_prints_progress_on_stderr_and_a_table_on_stdout(own_cloud: LocalCloud) -> None:
    done = own_cloud.run("up")
    assert "starting the local cloud" in done.stderr
    assert "turso: " in done.stderr
    assert done.stdout.startswith("NAME")
    assert str(own_cloud.endpoints.databases) in done.stdout


def test_two_ups_at_once_start_one_cloud(own_cloud: LocalCloud) -> None:
    pipe = subprocess.PIPE
    both = [
        subprocess.Popen(own_cloud.argv("up"), cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
        for _ in range(2)
    ]
    outputs = [each.communicate(timeout=60) for each in both]
    assert [each.returncode for each in both] == [0, 0], outputs
    assert sorted("starting the local cloud" in errors for _, errors in outputs) == [False, True]
    assert outputs[0][0] == outputs[1][0]


def test_an_up_after_one_that_was_killed_half_way_finds_one_cloud(own_cloud: LocalCloud) -> None:
    nowhere = subprocess.DEVNULL
    first = subprocess.Popen(own_cloud.argv("up"), cwd=ROOT, stdout=nowhere, stderr=nowhere)
    until((own_cloud.data / "logs" / "daemon.log").exists)
    first.kill()
    first.wait()
    own_cloud.up()
    daemons = [each for each in psutil.process_iter(["cmdline"]) if _is_daemon_of(own_cloud, each)]
    assert [each.pid for each in daemons] == [own_cloud.daemon().pid]


def _is_daemon_of(cloud: LocalCloud, process: psutil.Process) -> bool:
    command = process.info["cmdline"] or []
    return "infra.localcloud.daemon" in command and str(cloud.data) in command


def test_down_ends_everything_and_frees_the_ports(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    ran = own_cloud.processes()
    own_cloud.down()
    assert not any(orphans.lives(process) for process in ran.values())
    assert own_cloud.run("status").returncode == 3
    own_cloud.up()


def test_down_of_a_stopped_cloud_is_fine(own_cloud: LocalCloud) -> None:
    done = own_cloud.run("down")
    assert (done.returncode, done.stderr) == (0, "nothing was running\n")


def test_a_killed_daemon_leaves_no_orphan_and_up_works(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    ran = own_cloud.processes()
    ran[DAEMON].kill()
    if sys.platform == "linux":
        until(lambda: not any(orphans.lives(process) for process in ran.values()))
    assert own_cloud.run("status").returncode == 3
    own_cloud.up()
    assert own_cloud.status()["healthy"]
    assert not any(orphans.lives(process) for process in ran.values())


def test_a_killed_child_is_started_again(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    child = own_cloud.processes()["libsql-server"]
    own_cloud.kill_child("libsql-server")
    assert own_cloud.processes()["libsql-server"].pid != child.pid


def test_up_waits_for_a_child_that_is_being_restarted(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    daemon = own_cloud.daemon().pid
    own_cloud.processes()["libsql-server"].kill()
    until(lambda: not own_cloud.status()["healthy"] or own_cloud.restarts("libsql-server"))
    own_cloud.up()
    assert own_cloud.status()["healthy"]
    assert own_cloud.daemon().pid == daemon


def test_the_cloud_ends_with_the_process_it_was_to_live_with(own_cloud: LocalCloud) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as companion:
        assert own_cloud.run("up", "--die-with", str(companion.pid)).returncode == 0
        ran = own_cloud.processes()
        companion.send_signal(signal.SIGKILL)
    until(lambda: not any(orphans.lives(process) for process in ran.values()))


def test_reset_deletes_everything_but_asks_first(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    refused = own_cloud.run("reset")
    assert refused.returncode == 1
    assert refused.stderr == "error: reset: would delete all data of the local cloud. confirm it with --yes\n"
    ran = own_cloud.processes()
    assert own_cloud.run("reset", "--yes").returncode == 0
    assert not own_cloud.data.exists()
    assert not any(orphans.lives(process) for process in ran.values())


def test_a_folder_of_other_things_is_neither_used_nor_wiped(own_cloud: LocalCloud) -> None:
    own_cloud.data.mkdir()
    precious = own_cloud.data / "thesis.txt"
    precious.write_text("precious")
    for command in (["up"], ["down"], ["reset", "--yes"]):
        done = own_cloud.run(*command)
        assert done.returncode == 1
        assert "is no data folder of the local cloud" in done.stderr
    assert [entry.name for entry in own_cloud.data.iterdir()] == ["thesis.txt"]
    precious.unlink()


def test_the_data_is_readable_by_its_owner_only(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    assert stat.S_IMODE(own_cloud.data.stat().st_mode) == 0o700
    owned = (path for path in own_cloud.data.rglob("*") if path.is_file() and not path.is_symlink())
    files = [path for path in owned if path.name != ".localcloud"]
    assert files
    assert {oct(stat.S_IMODE(path.stat().st_mode) & 0o077) for path in files} == {"0o0"}


def test_the_callers_secrets_do_not_reach_its_processes(own_cloud: LocalCloud) -> None:
    own_cloud.run("up", environment={"PULUMI_CONFIG_PASSPHRASE": "tell-nobody"})
    for process in own_cloud.processes().values():
        assert "PULUMI_CONFIG_PASSPHRASE" not in process.environ()


def test_the_daemon_is_detached_from_its_caller(own_cloud: LocalCloud) -> None:
    own_cloud.up()
    daemon = own_cloud.daemon().pid
    assert os.getsid(daemon) == daemon
    assert own_cloud.daemon().terminal() is None
