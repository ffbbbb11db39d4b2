"""The guide to production: each of its commands is run, or says why it can't be."""

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from infra.paths import ROOT
from infra.settings import Settings
from tests.support.clone import copy_project

GUIDE = ROOT / "docs" / "production.md"
BLOCK = re.compile(
    r"(?:<!-- not run: (?P<why>[^\n]+) -->\n)?^```sh\n(?P<commands>.*?)^```$", re.DOTALL | re.MULTILINE
)
READ = "pulumi config --json --show-secrets"
TOKENS = ("cloudflare", "turso", "upstash")


@dataclass(frozen=True)
class Block:
    commands: str
    why: str | None
    """The reason why it is not run."""


def blocks() -> list[Block]:
    text = GUIDE.read_text("utf-8")
    found = [Block(each["commands"], each["why"]) for each in BLOCK.finditer(text)]
    assert len(found) == text.count("```") // 2, "every block is one of commands"
    return found


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What somebody has who begins: the project, and tokens of their own."""
    folder = tmp_path_factory.mktemp("production")
    copy_project(folder / "shoreline")
    (folder / "state").mkdir()
    kept = folder / "home" / ".config" / "shoreline"
    kept.mkdir(parents=True, mode=0o700)
    for name in TOKENS:
        (kept / name).write_text(f"token of {name}\n")
    return folder


def run(folder: Path, commands: str) -> str:
    """In one shell, as the guide says. Standard output; fails with the first command that fails."""
    environment = {
        **os.environ,
        "HOME": str(folder / "home"),
        "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
        "PYTHONPATH": str(folder / "shoreline"),
    }
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", commands],
        cwd=folder / "shoreline",
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_commands_of_the_guide_lead_to_a_stack_that_only_lacks_its_accounts(clone: Path) -> None:
    guide = "".join(block.commands for block in blocks() if block.why is None)
    told = run(clone, f"{{\n{guide}}} >&2\n{READ}")
    config = {key: each["value"] for key, each in json.loads(told).items()}
    secret = [key for key, each in json.loads(told).items() if each["secret"]]
    settings = Settings.parse(config, secret)
    assert settings.edge.host == "app.example.com"
    assert [config[key] for key in ("cloudflare:apiToken", "shoreline:tursoToken")] == [
        "token of cloudflare",
        "token of turso",
    ]
    assert config["shoreline:sshKey"].startswith("-----BEGIN OPENSSH PRIVATE KEY-----\n")
    assert not any((clone / "home" / ".config" / "shoreline" / name).exists() for name in TOKENS)
    kept = (clone / "shoreline" / "Pulumi.prod.yaml").read_text("utf-8")
    assert "token of" not in kept and "PRIVATE KEY" not in kept


def test_what_is_not_run_is_bash_and_says_why() -> None:
    left = [block for block in blocks() if block.why is not None]
    assert left and all(block.why for block in left)
    for block in left:
        subprocess.run(["bash", "-n", "-c", block.commands], check=True)
        subprocess.run(["shellcheck", "--shell=bash", "-"], input=block.commands, text=True, check=True)
