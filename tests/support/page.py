"""Steps that the tests of the page share."""

import uuid

import httpx
from playwright.sync_api import Page, expect

PAGE_SIZE = 20


def write_note(site: str, title: str, body: str = "") -> str:
    """Writes a note past the page; gives its id."""
    response = httpx.post(f"{site}/api/notes", json={"title": title, "body": body}).raise_for_status()
    note_id: str = response.json()["id"]
    return note_id


def unique(title: str) -> str:
    return f"{title} {uuid.uuid4().hex[:8]}"


def open_list(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#notes li").first).to_be_visible()
