"""The tool environment: quoting, no secret, the same however often it is taken up."""

import shlex
import subprocess
from pathlib import Path

import pytest

from infra.paths import ROOT
from infra.toolchain import environment
from infra.toolchain.environment import shell_exports, tool_environment, tool_path

AWKWARD = Path("/home/o'neil/my $HOME `clone`")


@pytest.fixture
def awkward(monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(environment, "ROOT", AWKWARD)
    monkeypatch.setattr(environment, "LOCAL", AWKWARD / ".shoreline")
    monkeypatch.setattr(environment, "STATE", AWKWARD / ".shoreline" / "state")
    return AWKWARD


@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_shell_takes_up_a_path_of_any_characters(awkward: Path, shell: str) -> None:
    script = f'{shell_exports({"PATH": "/usr/bin:/bin"})}\nprintf "%s\\n" "$PULUMI_BACKEND_URL" "$PATH"'
    done = subprocess.run([shell, "-euc", script], capture_output=True, text=True, check=True)
    backend, path = done.stdout.splitlines()
    assert backend == f"file://{awkward}/.shoreline/state"
    assert path.split(":")[0] == f"{awkward}/.venv/bin"
    assert path.endswith(":/usr/bin:/bin")


def test_the_tool_folders_are_on_path_once() -> None:
    once = tool_path("/usr/bin")
    assert tool_path(once) == once
    assert once.split(":")[0] == str(ROOT / ".venv" / "bin")


def test_a_passphrase_of_the_users_own_does_not_reach_the_dev_stack() -> None:
    told = {"PATH": "/bin", "PULUMI_CONFIG_PASSPHRASE": "hunter2", "PULUMI_ACCESS_TOKEN": "pul-1"}
    assert "hunter2" not in tool_environment(told).values()
    exports = shell_exports(told)
    assert "hunter2" not in exports
    assert "pul-1" not in exports
    assert shlex.split(exports.splitlines()[0])[0] == "unset"


def test_the_stack_can_be_chosen_and_is_dev_otherwise() -> None:
    assert tool_environment({"PATH": ""})["PULUMI_STACK"] == "dev"
    assert tool_environment({"PATH": "", "PULUMI_STACK": "prod"})["PULUMI_STACK"] == "prod"
