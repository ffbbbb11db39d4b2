"""A real browser on the page of the whole stack."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.browser import chromium
from tests.support.notes import insert_notes
from tests.support.slice import Slice, whole_slice
from tests.support.workerd import build

_VISITORS = itertools.count(2)


@pytest.fixture(scope="session")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Worker, built."""
    return build(tmp_path_factory.mktemp("bundle"))


@pytest.fixture(scope="session")
def slice_running(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slice]:
    """Every tier."""
    with whole_slice(bundle, tmp_path_factory.mktemp("slice")) as running:
        for workspace in ("harbour", "lighthouse"):
            insert_notes(running.database, workspace, 50)
        yield running


@pytest.fixture(scope="session")
def site(slice_running: Slice) -> str:
    """The URL of a page behind which every tier runs."""
    return slice_running.edge.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one file: as long as it runs, so does Playwright's event loop, and no other file may have one."""
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh profile; the test fails if it complains on the console (errors, security policy)."""
    # From an address of its own: what one address may ask in a minute is not shared with the other tests.
    address = {"cf-connecting-ip": f"192.0.{next(_VISITORS)}.1"}
    context = browser.new_context(
        viewport={"width": 1200, "height": 800}, locale="en-GB", extra_http_headers=address
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("console", lambda message: complaints.extend(_complaints(message)))
    yield page
    context.close()
    assert complaints == []


def _complaints(message: ConsoleMessage) -> list[str]:
    # The browser itself notes every answer of 400 and above on the console, and every WebSocket that is left
    # while it is being opened: no fault of the page.
    noted = re.match(
        "Failed to load resource: the server responded with|"
        "WebSocket connection to .* closed before the connection is established",
        message.text,
    )
    return [message.text] if message.type in ("error", "warning") and not noted else []
