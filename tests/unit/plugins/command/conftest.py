"""A plugin process and the SSH host it works on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ssh_host import SshHost, ssh_host
from tests.unit.plugins.plugin import Plugin


@pytest.fixture
def host(tmp_path: Path) -> Iterator[SshHost]:
    home = tmp_path / "home"
    home.mkdir()
    with ssh_host(home) as running:
        yield running


@pytest.fixture
def plugin(tmp_path: Path) -> Iterator[Plugin]:
    """A configured plugin; its working directory is `tmp_path`."""
    with Plugin(tmp_path, "command") as running:
        running.configure()
        yield running
