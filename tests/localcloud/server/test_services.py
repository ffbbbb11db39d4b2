"""Real units on a local server: types, environments, restarts, limits, signals, order, refusals."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import httpx
import psutil
import pytest

from tests.localcloud.server.vps import Vps
from tests.support.cloud import free_ports
from tests.support.process import until

WEB = """
import http.server, os, sys
address = ("127.0.0.1", int(os.environ["PORT"]))
print("listening", flush=True)
http.server.ThreadingHTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()
"""


def test_a_web_server_runs_in_its_directory_and_stops(vps: Vps) -> None:
    (vps.home / "site").mkdir()
    (vps.home / "site" / "page").write_text("served")
    vps.script("web", WEB)
    (port,) = free_ports(1)
    service = f"ExecStart=%h/web\nWorkingDirectory=%h/site\nEnvironment=PORT={port}"
    name = vps.unit("web.service", service, unit="Description=A page")
    assert vps.systemctl("start", "web").returncode == 0
    url = f"http://127.0.0.1:{port}/page"
    assert until(lambda: _page(url)) == "served"
    assert vps.systemctl("is-active", "web").stdout == "active\n"
    assert "● web.service - A page" in vps.systemctl("status", "web").stdout
    assert vps.systemctl("stop", "web").returncode == 0
    assert vps.state(name) == "inactive/dead"
    assert _page(url) is None
    assert "listening" in vps.log(name)


def _page(url: str) -> str | None:
    try:
        return httpx.get(url, trust_env=False).text
    except httpx.TransportError:
        return None


def test_environment_files_of_odd_characters_reach_the_service_and_no_log(vps: Vps) -> None:
    values = {
        "PLAIN": "a b  c",
        "QUOTES": 'it\'s "quoted" $HOME `x` \\n',
        "UNICODE": "ключ🔑",
        "EMPTY": "",
        "PERCENT": "%h %% #;=&",
        "LINES": "one\ntwo",
        "API_TOKEN": "planted-secret-token",
        "REDIS_URL": "redis://default:planted-password@127.0.0.1:1",
    }
    file = vps.home / "odd.env"
    file.write_text("".join(f'{name}="{_escaped(value)}"\n' for name, value in values.items()))
    file.chmod(0o600)
    out = vps.home / "odd.out"
    code = f"""\
        import json, os
        print(os.environ["API_TOKEN"], os.environ["REDIS_URL"])
        json.dump(dict(os.environ), open({str(out)!r}, "w"))
    """
    vps.script("odd", code)
    name = vps.unit(
        "odd.service",
        "Type=oneshot\nExecStart=%h/odd\nEnvironment=PLAIN=other\nEnvironmentFile=%h/odd.env\nEnvironmentFile=-%h/none",
    )
    assert vps.systemctl("start", name).returncode == 0
    seen = json.loads(out.read_text())
    assert {each: seen[each] for each in values} == values
    logged = vps.log(name) + (vps.cloud.data / "logs" / "vps-1.log").read_text()
    assert "planted" not in logged
    assert "[redacted] redis://default:[redacted]@127.0.0.1:1" in logged


def _escaped(value: str) -> str:
    return "".join(f"\\{each}" if each in '"\\`$' else each for each in value)


def test_a_missing_environment_file_fails_the_start(vps: Vps) -> None:
    name = vps.unit("noenv.service", "ExecStart=/bin/sleep 1\nEnvironmentFile=%h/missing")
    done = vps.systemctl("start", name)
    assert done.returncode == 1
    assert "EnvironmentFile=" in done.stderr
    assert vps.show(name, "Result") == "resources"


def test_commands_before_and_after_run_in_order(vps: Vps) -> None:
    out = vps.home / "order.out"
    service = f"""\
        Type=exec
        ExecStartPre=-/bin/false
        ExecStartPre=/bin/sh -c 'echo pre >> {out}'
        ExecStart=/bin/sh -c 'echo main >> {out}; exec sleep 1000'
        ExecStartPost=/bin/sh -c 'until grep -q main {out}; do sleep 0.01; done; echo post $MAINPID >> {out}'
        ExecReload=/bin/sh -c 'echo reload $$MAINPID >> {out}'
        ExecStop=/bin/sh -c 'echo stop $$MAINPID >> {out}'
        ExecStopPost=/bin/sh -c 'echo stopped $$SERVICE_RESULT $$EXIT_CODE $$EXIT_STATUS >> {out}'
    """
    name = vps.unit("order.service", service)
    assert vps.systemctl("start", name).returncode == 0
    pid = vps.pid(name)
    assert vps.systemctl("reload", name).returncode == 0
    assert vps.systemctl("stop", name).returncode == 0
    stopped = f"pre main post {pid} reload {pid} stop {pid} stopped success killed TERM"
    assert out.read_text().split() == stopped.split()


def test_notify_counts_as_started_at_ready_only(vps: Vps) -> None:
    vps.script(
        "ready",
        """\
        import os, socket, sys, time
        while not os.path.exists(sys.argv[1]): time.sleep(0.01)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
            s.sendto(b"READY=1\\nSTATUS=at work", os.environ["NOTIFY_SOCKET"])
        time.sleep(1000)
    """,
    )
    go = vps.home / "go"
    name = vps.unit("ready.service", f"Type=notify\nExecStart=%h/ready {go}")
    script = vps.cloud.data / "servers" / vps.name / "bin" / "systemctl"
    with subprocess.Popen([str(script), "--user", "start", name]) as starting:
        vps.until_state(name, "activating/start")
        assert starting.poll() is None
        go.touch()
        assert starting.wait(10) == 0
    assert vps.state(name) == "active/running"
    assert vps.show(name, "StatusText") == "at work"
    vps.systemctl("stop", name)


def test_notify_that_never_comes_fails_in_time(vps: Vps) -> None:
    name = vps.unit("never.service", "Type=notify\nExecStart=/bin/sleep 1000\nTimeoutStartSec=0.3")
    before = time.monotonic()
    done = vps.systemctl("start", name)
    assert done.returncode == 1
    assert time.monotonic() - before < 5
    assert "timeout" in done.stderr
    assert vps.state(name) == "failed/failed"


def test_only_the_main_process_may_notify(vps: Vps) -> None:
    vps.script(
        "foreign",
        """\
        import os, socket, time
        if (child := os.fork()) == 0:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as s:
                s.sendto(b"READY=1", os.environ["NOTIFY_SOCKET"])
            os._exit(0)
        os.waitpid(child, 0)
        time.sleep(1000)
        """,
    )
    name = vps.unit("foreign.service", "Type=notify\nExecStart=%h/foreign\nTimeoutStartSec=1")
    assert vps.systemctl("start", name).returncode == 1
    assert "is not of the main process" in vps.log(name)
    vps.unit(name, "Type=notify\nNotifyAccess=all\nExecStart=%h/foreign\nTimeoutStartSec=10")
    vps.systemctl("daemon-reload")
    assert vps.systemctl("start", name).returncode == 0
    vps.systemctl("stop", name)


def test_a_silent_watchdog_ends_the_service(vps: Vps) -> None:
    name = vps.unit("dog.service", "ExecStart=/bin/sleep 1000\nWatchdogSec=0.3")
    vps.systemctl("start", name)
    vps.until_state(name, "failed/failed")
    assert vps.show(name, "Result") == "watchdog"


def test_a_killed_service_is_started_again(vps: Vps) -> None:
    name = vps.unit("again.service", "ExecStart=/bin/sleep 1000\nRestart=on-failure\nRestartSec=0.05")
    vps.systemctl("start", name)
    first = vps.pid(name)
    os.kill(first, signal.SIGKILL)
    until(lambda: vps.pid(name) not in (0, first))
    assert vps.show(name, "NRestarts") == "1"
    os.kill(vps.pid(name), signal.SIGTERM)  # a clean end is no failure
    vps.until_state(name, "inactive/dead")


def test_the_start_limit_ends_restarts_until_reset(vps: Vps) -> None:
    limit = "StartLimitBurst=3\nStartLimitIntervalSec=60"
    name = vps.unit("crash.service", "ExecStart=/bin/false\nRestart=always\nRestartSec=0.01", unit=limit)
    vps.systemctl("start", name)
    until(lambda: vps.show(name, "Result") == "start-limit-hit")
    assert vps.state(name) == "failed/failed"
    done = vps.systemctl("start", name)
    assert done.returncode == 1
    assert "start-limit-hit" in done.stderr
    assert vps.log(name).count("starting crash.service") == 3
    assert vps.systemctl("reset-failed", name).returncode == 0
    assert vps.state(name) == "inactive/dead"
    assert vps.systemctl("start", name).returncode == 0


def test_a_service_that_ignores_its_signal_is_killed_in_time_with_all_its_children(vps: Vps) -> None:
    vps.script(
        "stubborn",
        """\
        import os, signal, subprocess, time
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        if os.fork() == 0:
            os.setsid()
            if os.fork(): os._exit(0)
            time.sleep(1000)
        time.sleep(1000)
    """,
    )
    name = vps.unit("stubborn.service", "ExecStart=%h/stubborn\nTimeoutStopSec=0.3")
    vps.systemctl("start", name)
    mine = until(lambda: found if len(found := _running(vps, "stubborn")) == 2 else None)
    vps.systemctl("stop", name)
    assert not any(process.is_running() for process in mine)
    assert vps.show(name, "Result") == "timeout"


def _running(vps: Vps, script: str) -> list[psutil.Process]:
    found = []
    for process in vps.inside():
        try:
            if any(word.endswith(f"/{script}") for word in process.cmdline()):
                found.append(process)
        except psutil.NoSuchProcess:
            continue
    return found


def test_what_a_killed_main_process_leaves_is_ended(vps: Vps) -> None:
    vps.script("forks", "import os, time\nos.fork()\ntime.sleep(1000)")
    name = vps.unit("forks.service", "ExecStart=%h/forks")
    vps.systemctl("start", name)
    mine = until(lambda: found if len(found := _running(vps, "forks")) == 2 else None)
    os.kill(vps.pid(name), signal.SIGKILL)
    vps.until_state(name, "failed/failed")
    assert not any(process.is_running() for process in mine)


def test_kill_signal_and_success_status(vps: Vps) -> None:
    vps.script(
        "usr1",
        """\
        import signal, sys, time
        signal.signal(signal.SIGUSR1, lambda *_: sys.exit(42))
        print("ready", flush=True)
        time.sleep(1000)
        """,
    )
    name = vps.unit("usr1.service", "ExecStart=%h/usr1\nKillSignal=SIGUSR1\nSuccessExitStatus=42")
    vps.systemctl("start", name)
    until(lambda: "ready" in vps.log(name))
    vps.systemctl("stop", name)
    assert vps.state(name) == "inactive/dead"
    assert vps.show(name, "ExecMainStatus") == "42"


def test_limits_umask_nice_and_folders(vps: Vps) -> None:
    service = """\
        Type=oneshot
        RemainAfterExit=yes
        LimitNOFILE=123:456
        UMask=0027
        Nice=5
        RuntimeDirectory=limits
        RuntimeDirectoryMode=0700
        StateDirectory=limits
        ExecStart=/bin/sh -c 'ulimit -n; ulimit -Hn; umask; nice'
        ExecStart=/bin/sh -c 'echo $$RUNTIME_DIRECTORY; echo $$STATE_DIRECTORY'
        StandardError=null
    """
    name = vps.unit("limits.service", service)
    assert vps.systemctl("start", name).returncode == 0
    assert vps.state(name) == "active/exited"
    said = [line.partition(" ")[2] for line in vps.log(name).splitlines()]
    assert said[1:5] == ["123", "456", "0027", "5"]
    runtime, state = Path(said[5]), Path(said[6])
    assert runtime.is_dir()
    assert state == vps.home / ".local" / "state" / "limits"
    vps.systemctl("stop", name)
    assert not runtime.exists()
    assert state.is_dir()


def test_too_much_memory_ends_the_service(vps: Vps) -> None:
    code = (
        "import time\nheld = bytearray(80 * 2**20)\nheld[::4096] = b'1' * len(held[::4096])\ntime.sleep(1000)"
    )
    vps.script("big", code)
    name = vps.unit("big.service", "ExecStart=%h/big\nMemoryMax=50M")
    vps.systemctl("start", name)
    vps.until_state(name, "failed/failed")
    assert vps.show(name, "Result") == "oom-kill"


def test_requirements_start_first_and_stop_last(vps: Vps) -> None:
    out = vps.home / "chain.out"

    def service(letter: str) -> str:
        start, stop = f"sleep 0.05; echo +{letter} >> {out}", f"echo -{letter} >> {out}"
        return (
            f"Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/sh -c '{start}'\nExecStop=/bin/sh -c '{stop}'"
        )

    vps.unit(
        "ca.service",
        service("a"),
        unit="Requires=cb.service\nAfter=cb.service cc.service\nWants=cc.service gone.service",
    )
    vps.unit("cb.service", service("b"), unit="After=cc.service")
    vps.unit("cc.service", service("c"))
    assert vps.systemctl("start", "ca").returncode == 0
    assert out.read_text().split() == ["+c", "+b", "+a"]
    vps.systemctl("stop", "cb")
    assert out.read_text().split()[3:] == ["-a", "-b"]
    assert vps.state("cc.service") == "active/exited"


def test_a_failed_requirement_fails_the_dependent(vps: Vps) -> None:
    vps.unit("bad.service", "Type=oneshot\nExecStart=/bin/false")
    name = vps.unit("needy.service", "ExecStart=/bin/sleep 1", unit="Requires=bad.service\nAfter=bad.service")
    done = vps.systemctl("start", name)
    assert done.returncode == 1
    assert "dependency: bad.service did not start" in done.stderr
    assert vps.state(name) == "inactive/dead"


def test_an_ordering_cycle_is_refused(vps: Vps) -> None:
    vps.unit("x1.service", "ExecStart=/bin/true", unit="Wants=x2.service\nAfter=x2.service")
    vps.unit("x2.service", "ExecStart=/bin/true", unit="After=x1.service")
    done = vps.systemctl("start", "x1")
    assert done.returncode == 1
    assert "wait for each other" in done.stderr


def test_a_directive_that_cannot_be_honoured_fails_the_start_by_name(vps: Vps) -> None:
    name = vps.unit("refused.service", "ExecStart=/bin/sleep 1\nDynamicUser=yes")
    done = vps.systemctl("start", name)
    assert done.returncode == 1
    assert f"{vps.units}/refused.service:5: DynamicUser= in [Service] is not honoured" in done.stderr
    assert vps.show(name, "LoadState") == "bad-setting"


def test_what_production_only_honours_is_listed_in_log_and_status(vps: Vps) -> None:
    name = vps.unit(
        "sandboxed.service", "ExecStart=/bin/sleep 1000\nProtectSystem=strict\nTasksMax=9\nPrivateTmp=yes"
    )
    vps.systemctl("start", name)
    assert "Left to production: ProtectSystem, TasksMax, PrivateTmp" in vps.systemctl("status", name).stdout
    assert "left to production: ProtectSystem, PrivateTmp: it builds a sandbox" in vps.log(name)
    vps.systemctl("stop", name)


def test_a_changed_file_counts_after_daemon_reload(vps: Vps) -> None:
    name = vps.unit("changes.service", "ExecStart=/bin/sleep 1001")
    vps.systemctl("start", name)
    vps.unit(name, "ExecStart=/bin/sleep 1002")
    done = vps.systemctl("restart", name)
    assert "daemon-reload" in done.stderr
    assert psutil.Process(vps.pid(name)).cmdline()[1] == "1001"
    vps.systemctl("daemon-reload")
    assert vps.systemctl("restart", name).stderr == ""
    assert psutil.Process(vps.pid(name)).cmdline()[1] == "1002"
    vps.systemctl("stop", name)


def test_simple_and_exec_differ_for_a_program_that_is_missing(vps: Vps) -> None:
    simple = vps.unit("gone1.service", "ExecStart=%h/nothing")
    strict = vps.unit("gone2.service", "Type=exec\nExecStart=%h/nothing")
    assert vps.systemctl("start", simple).returncode == 0
    assert vps.systemctl("start", strict).returncode == 1
    for name in (simple, strict):
        vps.until_state(name, "failed/failed")
        assert vps.show(name, "ExecMainStatus") == "203"


def test_a_directory_that_is_missing_fails_with_systemds_status(vps: Vps) -> None:
    name = vps.unit("nodir.service", "ExecStart=/bin/sleep 1\nWorkingDirectory=%h/none")
    vps.systemctl("start", name)
    vps.until_state(name, "failed/failed")
    assert vps.show(name, "ExecMainStatus") == "200"


@pytest.mark.parametrize(
    ("words", "status", "says"),
    [
        (("start", "nowhere"), 5, "Unit nowhere.service not found."),
        (("is-active", "nowhere"), 3, "inactive"),
        (("status", "nowhere"), 4, "Unit nowhere.service could not be found."),
        (("edit", "x"), 1, "systemctl edit: is not played here"),
        (("start", "--force", "x"), 1, "systemctl --force: is not played here"),
        (("start", "x.timer"), 1, "only services are run here"),
        (("reload", "plain"), 1, "has no ExecReload="),
        (("show", "-p", "CPUShares", "plain"), 1, "the property CPUShares: is not played here"),
    ],
)
def test_words_of_systemctl(vps: Vps, words: tuple[str, ...], status: int, says: str) -> None:
    vps.unit("plain.service", "ExecStart=/bin/sleep 1000")
    vps.systemctl("start", "plain")
    done = vps.systemctl(*words)
    assert (done.returncode, says in done.stdout + done.stderr) == (status, True), done


def test_systemctl_without_user_is_refused(vps: Vps) -> None:
    done = vps.ssh("systemctl start x")
    assert (done.returncode, "add --user" in done.stderr) == (1, True)


def test_systemctl_is_quick(vps: Vps) -> None:
    times = []
    for _ in range(5):
        before = time.perf_counter()
        vps.systemctl("is-active", "x")
        times.append(time.perf_counter() - before)
    assert min(times) < 0.15


def test_journalctl_shows_the_end_of_a_log(vps: Vps) -> None:
    name = vps.unit("talks.service", "Type=oneshot\nExecStart=/bin/sh -c 'echo one; echo two >&2'")
    vps.systemctl("start", name)
    done = vps.ssh(f"journalctl --user -u {name} -n 3 --no-pager")
    assert [line.split(" ", 1)[1] for line in done.stdout.splitlines()][:2] == ["one", "two"]
