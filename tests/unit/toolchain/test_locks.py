"""The lock files: hashes for everything, no address of any index, one version of each pinned part."""

import json
import re
from pathlib import Path

import pytest

from infra.paths import ROOT
from infra.toolchain.versions import LANGUAGE_HOST, PROVIDERS, PULUMI

TOOLCHAIN = ROOT / "infra" / "toolchain"
PYTHON_LOCKS = [ROOT / "requirements.lock", *sorted(TOOLCHAIN.glob("*.lock"))]


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: lock.name)
def test_python_locks_hold_hashes_and_no_address(lock: Path) -> None:
    text = lock.read_text()
    packages = re.split(r"\n(?=\S)", text)
    assert "://" not in text
    assert all("--hash=sha256:" in package for package in packages)


def test_the_npm_lock_holds_integrity_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    del packages[""]
    assert all("integrity" in package and "resolved" not in package for package in packages.values())


def test_the_engines_parts_agree() -> None:
    requirements = (ROOT / "requirements.in").read_text()
    cli = (TOOLCHAIN / "go" / "cli" / "go.mod").read_text()
    language = (TOOLCHAIN / "go" / "language" / "go.mod").read_text()
    assert f"\npulumi=={PULUMI}\n" in requirements
    for name, version in PROVIDERS.items():
        assert f"\npulumi-{name}=={version}\n" in requirements
    for module in ("pkg", "sdk"):
        assert f"github.com/pulumi/pulumi/{module}/v3 v{PULUMI} " in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{LANGUAGE_HOST} " in language
