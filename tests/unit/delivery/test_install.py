"""What a server is given so that it takes pushes."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.remote import Remote
from infra.delivery import stack
from infra.delivery.install import install, variables
from infra.delivery.records import Records, Serving
from infra.delivery.trees import hook
from infra.errors import UserError
from infra.settings import ServerSettings
from tests.support.ssh_host import USER, SshHost, ssh_host

ONE, TWO = (Serving(version=each, server_release=each * 2) for each in "ab")


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SshHost]:
    (tmp_path / "home").mkdir()
    with ssh_host(tmp_path / "home") as host:
        yield host


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """From which a stack was brought up."""
    clone = tmp_path / "clone"
    git(tmp_path, "init", "--quiet", "-b", "main", str(clone))
    for name in ("infra/program.py", "services/code.py"):
        (clone / name).parent.mkdir()
        (clone / name).write_text("")
    git(clone, "add", "--all")
    for module in ("adoption", "git"):
        monkeypatch.setattr(f"infra.delivery.{module}.ROOT", clone)
    monkeypatch.setattr(stack, "serving", lambda: ONE)
    return clone


def git(folder: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=folder, capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.fixture
def remote(host: SshHost, clone: Path) -> Remote:
    server = ServerSettings(
        name="vps-1",
        host="127.0.0.1",
        port=host.port,
        user=USER,
        host_key=host.host_key,
        origin_host="vps-1.example.com",
    )
    return Remote(server, host.client_key)


def test_a_repository_with_its_hook_and_what_only_its_user_may_read(remote: Remote, host: SshHost) -> None:
    for passphrase in ("before", "after"):
        given = {"PULUMI_BACKEND_URL": "s3://state", "PULUMI_CONFIG_PASSPHRASE": passphrase}
        install(remote, given, "pulumi up")
        environment = host.home / "delivery" / "environment.json"
        assert json.loads(environment.read_text()) == given
        assert environment.stat().st_mode & 0o777 == 0o600
    found = host.home / "shoreline.git" / "hooks" / "pre-receive"
    assert found.read_text() == hook() and found.stat().st_mode & 0o777 == 0o700
    assert not any("after" in command for command in host.commands)


def test_what_was_brought_up_is_a_release_whose_tree_is_on_the_server(
    remote: Remote, host: SshHost, clone: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"PULUMI_BACKEND_URL": "s3://state"}
    for _ in range(2):
        install(remote, given, "make up")
    (clone / "infra" / "new.py").write_text("in no commit")
    (clone / "notes.txt").write_text("nobody's business")
    monkeypatch.setattr(stack, "serving", lambda: TWO)
    install(remote, given, "make up")
    first, second = Records(host.home / "delivery" / "releases").all()
    assert [(each.id, each.result, each.serving) for each in (first, second)] == [
        ("r1", "deployed", ONE),
        ("r2", "deployed", TWO),
    ]
    repository = host.home / "shoreline.git"
    names = git(repository, "ls-tree", "-r", "--name-only", f"refs/releases/{second.commit}")
    assert names.splitlines() == ["infra/new.py", "infra/program.py", "services/code.py"]
    assert git(repository, "rev-parse", "refs/deployed/last") == second.commit
    assert git(clone, "status", "--short", "infra").splitlines() == ["A  infra/program.py", "?? infra/new.py"]


def test_a_state_in_a_folder_that_the_server_lacks_is_refused_before_anything_is_there(
    remote: Remote, host: SshHost, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="is a folder that the server doesn't have"):
        install(remote, {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()}, "pulumi up")
    assert not list(host.home.iterdir())


def test_where_nothing_answers_there_is_no_release(
    remote: Remote, host: SshHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack, "serving", lambda: None)
    install(remote, {"PULUMI_BACKEND_URL": "s3://state"}, "pulumi up")
    assert not list((host.home / "delivery" / "releases").iterdir())


def test_what_is_handed_over_is_what_opens_the_state_and_what_is_named(tmp_path: Path) -> None:
    (tmp_path / "passphrase").write_text("correct horse\n")
    shell = {
        "HOME": "/home/ada",
        "PATH": "/bin",
        "PULUMI_STACK": "prod",
        "PULUMI_BACKEND_URL": "s3://state",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(tmp_path / "passphrase"),
        "AWS_SECRET_ACCESS_KEY": "a secret",
        "UNRELATED_TOKEN": "another",
    }
    assert variables(shell, ["HOME"]) == {
        "HOME": "/home/ada",
        "PULUMI_STACK": "prod",
        "PULUMI_BACKEND_URL": "s3://state",
        "PULUMI_CONFIG_PASSPHRASE": "correct horse",
        "AWS_SECRET_ACCESS_KEY": "a secret",
    }
    with pytest.raises(UserError, match="UIP_INDEX: is not set"):
        variables(shell, ["UIP_INDEX"])
    with pytest.raises(UserError, match="PULUMI_BACKEND_URL: is not set"):
        variables({"PULUMI_STACK": "prod"})
