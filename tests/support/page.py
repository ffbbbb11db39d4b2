"""Steps that the tests of the page share."""

import uuid

from playwright.sync_api import Page, expect

PAGE_SIZE = 20


def unique(title: str) -> str:
    return f"{title} {uuid.uuid4().hex[:8]}"


def open_list(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#notes li").first).to_be_visible()
