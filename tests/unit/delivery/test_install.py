"""What a server is given so that it takes pushes."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.cli.remote import Remote
from infra.delivery import install as installing
from infra.delivery.install import install, variables
from infra.delivery.trees import hook
from infra.errors import UserError
from infra.settings import ServerSettings
from tests.support.ssh_host import USER, SshHost, ssh_host


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SshHost]:
    (tmp_path / "home").mkdir()
    with ssh_host(tmp_path / "home") as host:
        yield host


@pytest.fixture
def remote(host: SshHost, monkeypatch: pytest.MonkeyPatch) -> Remote:
    async def nothing(*_: object) -> None:
        """What answers is in a record already."""

    monkeypatch.setattr(installing, "adopt", nothing)
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


def test_a_state_in_a_folder_that_the_server_lacks_is_refused_before_anything_is_there(
    remote: Remote, host: SshHost, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match="is a folder that the server doesn't have"):
        install(remote, {"PULUMI_BACKEND_URL": (tmp_path / "state").as_uri()}, "pulumi up")
    assert not list(host.home.iterdir())


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
