"""A real browser, and the page served by the Worker in workerd over a real libsql-server."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page

from tests.support.browser import chromium
from tests.support.notes import insert_notes
from tests.support.sqld import sqld
from tests.support.workerd import build, edge


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the page; behind it more notes than fit on one page of the list."""
    bundle = build(tmp_path_factory.mktemp("bundle"))
    with sqld(tmp_path_factory.mktemp("sqld")) as database:
        insert_notes(database, "harbour", 50)
        folder = tmp_path_factory.mktemp("edge")
        with edge(bundle, folder, database_port=database.port, token=database.token) as worker:
            yield worker.url


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page in a fresh profile; the test fails if it complains on the console (errors, security policy)."""
    context = browser.new_context(viewport={"width": 1200, "height": 800}, locale="en-GB")
    context.set_default_timeout(10_000)
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(f"uncaught: {error}"))
    page.on("console", lambda message: complaints.extend(_complaints(message)))
    yield page
    context.close()
    assert complaints == []


def _complaints(message: ConsoleMessage) -> list[str]:
    # The browser itself notes every answer of 400 and above on the console: no fault of the page.
    noted = message.text.startswith("Failed to load resource: the server responded with")
    return [message.text] if message.type in ("error", "warning") and not noted else []
