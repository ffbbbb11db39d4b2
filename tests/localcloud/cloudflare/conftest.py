"""A local Cloudflare for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.localcloud.cloudflare.local import Local


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def local(tmp_path: Path) -> AsyncIterator[Local]:
    running = Local(tmp_path)
    await running.start()
    try:
        yield running
    finally:
        await running.stop()
