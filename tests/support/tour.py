"""The page's main views, one after the other: for what has to hold for each of them."""

import uuid
from collections.abc import Iterator

from playwright.sync_api import Page, expect

from tests.support.page import join, open_list, unique
from tests.support.people import write_note


def tour(page: Page, site: str) -> Iterator[str]:
    """Goes from view to view, and gives the name of each once it is there."""
    open_list(page, site)
    yield "list"
    page.get_by_role("searchbox").fill("note text")
    expect(page.locator("#notes mark").first).to_be_visible()
    yield "search"
    page.goto(f"{site}/#/sign-in")
    expect(page.get_by_label("Email")).to_be_focused()
    yield "sign-in"
    page.goto(f"{site}/#/sign-up")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
    yield "sign-up-refused"
    join(page, site, f"{uuid.uuid4().hex}@harbour.example")
    page.reload()
    expect(page.get_by_label("Workspace")).to_be_attached()
    yield "list-signed-in"
    page.goto(f"{site}/#/new")
    expect(page.get_by_label("Title")).to_be_visible()
    yield "new-note"
    page.goto(f"{site}/#/new-workspace")
    page.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_label("Address")).to_have_attribute("aria-invalid", "true")
    yield "new-workspace-refused"
    page.goto(f"{site}/#/notes/{write_note(site, unique('Tide table'), 'Low at six.')}")
    expect(page.locator(".text-editor")).to_contain_text("Low at six.")
    yield "note"
    for view, heading in (
        ("statistics", "Statistics"),
        ("members", "Members"),
        ("import", "Import"),
        ("notifications", "Notifications"),
        ("dead-jobs", "Dead jobs"),
        ("digest", "Digest"),
    ):
        page.goto(f"{site}/#/{view}")
        expect(page.locator("#pane").get_by_role("heading", name=heading).first).to_be_visible()
        expect(page.get_by_text("Loading")).to_have_count(0)
        yield view
    page.locator("#served").click()
    expect(page.get_by_role("region", name="Answers")).to_be_visible()
    yield "answers"
