"""A server with a release or two, as they lie there after the copy."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from infra.components.units import rendered
from services.host.contents import identify
from tests.support.managed_host import ManagedHost, managed_host, path_with

Copy = Callable[[str], str]
"""Copies a release whose code is the text; returns its id."""


@pytest.fixture
def host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ManagedHost]:
    with managed_host(tmp_path) as running:
        monkeypatch.setenv("HOME", str(running.home))
        monkeypatch.setenv("PATH", path_with(running.programs))
        monkeypatch.chdir(running.layout.home)
        yield running


@pytest.fixture
def copy(host: ManagedHost) -> Copy:
    def copied(code: str) -> str:
        incoming = host.layout.releases / "incoming"
        for name, text in {
            "services/api.py": code,
            "services/host/Caddyfile": "rules",
            "requirements.lock": "",
            **{f"units/{name}": text for name, text in rendered().items()},
        }.items():
            (incoming / name).parent.mkdir(parents=True, exist_ok=True)
            (incoming / name).write_text(text)
        host.provide_python(incoming / "requirements.lock")
        identity = identify(incoming)
        incoming.rename(host.layout.release(identity))
        return identity

    return copied
