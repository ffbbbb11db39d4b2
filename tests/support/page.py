"""Steps that the tests of the page share."""

import uuid

from playwright.sync_api import Page, expect

from tests.support.people import credentials

PAGE_SIZE = 20
PASSWORD = "correct horse battery"
SIGNED_IN = "localStorage.setItem('signed-in', 'yes')"
"""How the page remembers a session."""


def unique(title: str) -> str:
    return f"{title} {uuid.uuid4().hex[:8]}"


def open_list(page: Page, site: str) -> None:
    page.goto(site)
    expect(page.locator("#notes li").first).to_be_visible()


def sign_in(page: Page, site: str) -> None:
    """Gives the page a session of its own (a refresh token that two have would end it), in the harbour."""
    account = page.context.request.post(
        f"{site}/api/sign-in", data=credentials(site), fail_on_status_code=True
    ).json()
    chosen = f"localStorage['workspace of {account['user']}'] ??= 'harbour'"
    page.context.add_init_script(f"{SIGNED_IN}; {chosen}")


def sign_up(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/#/sign-up")
    page.get_by_label("Name").fill("Ada Harbour")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_role("button", name="Sign out")).to_be_visible()


def join(page: Page, site: str, email: str) -> None:
    """Signs up, and becomes a member of the harbour."""
    sign_up(page, site, email)
    page.get_by_label("Workspace").select_option("harbour")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("button", name="Leave")).to_be_visible()
