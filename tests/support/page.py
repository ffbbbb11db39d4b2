"""Steps that the tests of the page share."""

import uuid

from playwright.sync_api import Page, expect

from tests.support.people import member

PAGE_SIZE = 20


def unique(title: str) -> str:
    return f"{title} {uuid.uuid4().hex[:8]}"


def open_list(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#notes li").first).to_be_visible()


def sign_in(page: Page, site: str) -> None:
    """Gives the page a session, as if its person had signed in before."""
    [session] = [cookie for cookie in member(site).cookies.jar if cookie.name == "session"]
    page.context.add_cookies([{"name": session.name, "value": session.value or "", "url": site}])
    page.context.add_init_script("localStorage.setItem('signed-in-until', String(Date.now() + 300_000))")
