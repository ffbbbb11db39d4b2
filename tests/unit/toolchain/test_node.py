"""Node: from PATH where recent enough, and the wheel's version test."""

from pathlib import Path

import pytest

from infra.toolchain.node import Node, recent
from infra.toolchain.setup import Setup
from tests.unit.toolchain.conftest import program


@pytest.mark.parametrize(
    ("version", "accepted"),
    [
        ("v22.17.0", True),
        ("v24.19.0", True),
        ("v22.16.9", False),
        ("v23.11.0", False),
        ("v20.20.2", False),
        ("garbage", False),
        (None, False),
    ],
)
def test_node_versions(version: str | None, accepted: bool) -> None:
    assert recent(version) is accepted


def test_a_recent_node_on_path_is_used(setup: Setup, tmp_path: Path) -> None:
    for name in ("node", "npm", "npx"):
        program(tmp_path / "path", name, "v24.1.0")
    Node().build(setup)
    assert (setup.bin / "node").resolve() == tmp_path / "path" / "node"
    assert (setup.bin / "npm").resolve() == tmp_path / "path" / "npm"
