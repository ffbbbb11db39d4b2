"""A plugin process and the stub of Cloudflare's API it is configured for."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.plugins.cloudflare_stub import TOKEN, CloudflareStub
from tests.unit.plugins.plugin import Plugin


@pytest.fixture
def cloudflare() -> Iterator[CloudflareStub]:
    with CloudflareStub() as stub:
        yield stub


@pytest.fixture
def plugin(tmp_path: Path, cloudflare: CloudflareStub) -> Iterator[Plugin]:
    """A plugin configured for `cloudflare`; its working directory is `tmp_path`."""
    with Plugin(tmp_path) as running:
        running.configure(apiToken=TOKEN, baseUrl=cloudflare.url)
        yield running
