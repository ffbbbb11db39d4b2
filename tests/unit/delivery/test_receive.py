"""The hook alone: what a push is refused for, and what it survives. The trees' pipeline has a few lines."""

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from infra.delivery.receive import KEPT_LOGS
from infra.delivery.trees import hook
from tests.support.full_disk import small_disk
from tests.support.machine import needs
from tests.support.process import until

_PIPELINE = '''"""As long as its file `go` isn't there, it waits; then it ends as the commit says."""
import os, pathlib, sys, time
print("· deploy", os.environ["STACK"], flush=True)
while not (pathlib.Path(os.environ["SHORELINE_DELIVERY"]) / "go").exists():
    time.sleep(0.02)
bad = "bad" in pathlib.Path("subject").read_text()
print("✗ verify: it is slow" if bad else "✓ in force", flush=True)
sys.exit(bad)
'''


@dataclass
class Server:
    """A home with the repository and its hook, and a clone beside it."""

    folder: Path
    within: Sequence[str | Path] = ()
    address: str | Path = ""
    variables: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for place in (self.home / "delivery", self.clone / "infra" / "toolchain"):
            place.mkdir(parents=True)
        self.run("git", "init", "--quiet", "--bare", "-b", "main", self.repository)
        self.run("git", "init", "--quiet", "-b", "main", self.clone)
        (self.repository / "hooks" / "pre-receive").write_text(hook())
        (self.repository / "hooks" / "pre-receive").chmod(0o700)
        (self.home / "delivery" / "environment.json").write_text(json.dumps({"STACK": "told"}))
        for name, text in {"infra/__init__": "", "infra/toolchain/__main__": _PIPELINE}.items():
            (self.clone / f"{name}.py").write_text(text)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def repository(self) -> Path:
        return self.home / "shoreline.git"

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    def go(self) -> None:
        (self.home / "delivery" / "go").touch()

    def run(self, *argv: str | Path) -> str:
        done = subprocess.run(argv, cwd=self.folder, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def commit(self, subject: str) -> str:
        (self.clone / "subject").write_text(subject)
        self.run("git", "-C", self.clone, "add", "--all")
        who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
        self.run("git", "-C", self.clone, *who, "commit", "--quiet", "--message", subject)
        return self.run("git", "-C", self.clone, "rev-parse", "HEAD")

    def start(self, *refs: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*self.within, "git", "-C", self.clone, "push", self.address or self.repository, *refs],
            env={**os.environ, "HOME": str(self.home), **self.variables},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def push(self, *refs: str) -> tuple[int, str]:
        """How it ended, and what the hook said."""
        with self.start(*(refs or ("main",))) as process:
            said, _ = process.communicate(timeout=60)
        lines = [line.removeprefix("remote: ").rstrip() for line in said.splitlines() if "remote: " in line]
        return process.returncode, "\n".join(lines)

    def wait_for(self, commit: str, said: str) -> None:
        log = self.home / "delivery" / "logs" / f"{commit}.log"
        until(lambda: log.exists() and said in log.read_text())

    @property
    def branch(self) -> str:
        """What is on the server."""
        return self.run("git", "-C", self.repository, "for-each-ref", "--format=%(objectname)", "refs/heads")


@pytest.fixture
def server(tmp_path: Path) -> Server:
    return Server(tmp_path)


def test_the_tree_that_is_pushed_deploys_itself_and_decides(server: Server) -> None:
    server.go()
    logs = server.home / "delivery" / "logs"
    logs.mkdir()
    for number in range(KEPT_LOGS + 5):
        (logs / f"{number}.log").write_text("")
        os.utime(logs / f"{number}.log", (number, number))
    good = server.commit("good")
    assert server.push() == (0, "· set up the tools\n· deploy told\n✓ in force")
    server.commit("bad")
    code, said = server.push()
    assert code != 0 and said.endswith("✗ verify: it is slow")
    assert server.branch == good
    kept = {path.stem for path in logs.iterdir()}
    assert len(kept) == KEPT_LOGS and good in kept and "6" not in kept and f"{KEPT_LOGS + 4}" in kept


def test_only_main_is_taken_and_only_forwards(server: Server) -> None:
    server.go()
    first = server.commit("good")
    assert server.push()[0] == 0
    server.commit("good again")
    assert server.push()[0] == 0
    deployed = server.branch
    server.run("git", "-C", server.clone, "tag", "v1")
    server.run("git", "-C", server.clone, "branch", "before", first)
    for refs, why in {
        ("main:feature",): "refs/heads/feature: only main is deployed",
        ("v1",): "refs/tags/v1: only main is deployed",
        ("main", "v1"): "refs/tags/v1: only main is deployed",
        (":main",): "refs/heads/main: it can't be deleted",
        ("+before:main",): f"refs/heads/main: {first[:8]} lacks commits up to {deployed[:8]}",
    }.items():
        code, said = server.push(*refs)
        assert code != 0 and said.startswith(f"✗ {why}") and "\n" not in said, said
        assert server.branch == deployed
    # After `make rollback`.
    server.run("git", "-C", server.repository, "update-ref", "refs/deployed/last", first)
    _, said = server.push("+before:main")
    assert said.endswith(f"take back what was gone back from: git revert {first[:8]}..{deployed[:8]}")


def test_a_second_one_is_refused_by_the_name_of_the_first_and_the_same_one_follows_it(server: Server) -> None:
    first = server.commit("good")
    with server.start("main") as pushing:
        server.wait_for(first, "deploy")
        # The connection is lost; the deploy goes on.
        os.killpg(pushing.pid, signal.SIGKILL)
    second = server.commit("good again")
    code, said = server.push()
    assert code != 0 and f"another one runs: deploy {first}" in said and "\n" not in said.partition("✗")[2]
    with server.start(f"{first}:refs/heads/main") as following:
        assert following.stdout is not None
        next(line for line in following.stdout if "deploy told" in line)
        server.go()
        told, _ = following.communicate(timeout=30)
    assert following.returncode == 0 and "in force" in told, told
    assert server.branch == first
    assert server.push()[0] == 0 and server.branch == second


def test_after_a_kill_the_next_one_ends_what_the_killed_one_left(server: Server) -> None:
    first = server.commit("good")
    with server.start("main") as pushing:
        server.wait_for(first, "deploy")
        holder = json.loads((server.home / "delivery" / "lock").read_text())["pid"]
        os.kill(holder, signal.SIGKILL)
        told, _ = pushing.communicate(timeout=30)
    assert pushing.returncode != 0 and "the deploy was killed. Push again" in told
    server.go()
    assert server.push()[0] == 0 and server.branch == first


def test_a_key_that_may_only_push_pushes_and_does_nothing_else(server: Server, tmp_path: Path) -> None:
    """As sshd runs it for such a key (infra/servers/prepare)."""
    door = tmp_path / "ssh"
    last = "for SSH_ORIGINAL_COMMAND; do :; done"
    door.write_text(f'#!/bin/sh\n{last}\nexec git-shell -c "$SSH_ORIGINAL_COMMAND"\n')
    door.chmod(0o700)
    server.address = "ssh://shoreline-deploy@203.0.113.1:22/~/shoreline.git"
    server.variables = {"GIT_SSH": str(door), "GIT_SSH_VARIANT": "ssh"}
    server.go()
    commit = server.commit("good")
    assert server.push()[0] == 0 and server.branch == commit
    words = [str(door), "203.0.113.1", "cat delivery/environment.json"]
    done = subprocess.run(words, cwd=server.home, capture_output=True, text=True, check=False)
    assert done.returncode != 0 and done.stdout == "" and "unrecognized command" in done.stderr


@needs("unshare")
def test_without_room_on_the_disk_nothing_is_begun(tmp_path: Path) -> None:
    server = Server(tmp_path)
    shutil.rmtree(server.home / "delivery")
    server.commit("good")
    with small_disk(server.home / "delivery", megabytes=20) as disk:
        server.within = disk.within
        code, said = server.push()
    assert code != 0 and "has 20 MB free, and a deploy may need 512" in said and "\n" not in said
    assert server.branch == ""
