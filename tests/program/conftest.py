"""Pulumi's mocks want a current event loop, which other tests of the same process may have taken away."""

import asyncio

import pytest

# Never closed: that ends its threads, in each of which Pulumi's mocks leave a loop unclosed.
_LOOP = asyncio.new_event_loop()


@pytest.fixture(autouse=True)
def current_event_loop() -> None:
    asyncio.set_event_loop(_LOOP)
