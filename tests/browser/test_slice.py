"""Every tier through the page, against whatever stack answers at `site`."""

import re
import uuid

import pytest
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from tests.support.page import PASSWORD, open_list, sign_up, unique
from tests.support.people import write_note
from tests.support.slice import Slice

MINUTE = 75_000
"""Milliseconds within which a job of every minute has run."""


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@harbour.example"


def test_an_account_is_made_left_and_entered_again(page: Page, site: str, email: str) -> None:
    sign_up(page, site, email)
    expect(page.locator("#account")).to_contain_text("Ada Harbour")
    page.get_by_role("link", name="New note").click()
    page.get_by_label("Title").fill(unique("Only for me"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_label("Attach a file")).to_be_visible()
    other = page.context.new_page()
    other.goto(site)
    other.get_by_role("button", name="Sign out").click()
    expect(other.get_by_role("link", name="Sign in")).to_be_visible()
    other.close()
    # This tab follows.
    expect(page.get_by_label("Email")).to_be_visible()
    expect(page.get_by_label("Attach a file")).to_have_count(0)
    expect(page.locator("#account")).to_have_text("Sign in")
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_label("Email")).to_be_focused()
    page.get_by_label("Email").fill(email.upper())
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#notes li").first).to_contain_text("Only for me")
    page.reload()
    expect(page.locator("#account")).to_contain_text("Ada Harbour")


def test_a_visit_after_the_access_token_has_ended_renews_it(page: Page, site: str, email: str) -> None:
    sign_up(page, site, email)
    page.context.clear_cookies(name=re.compile(r"session$"))
    page.reload()
    expect(page.locator("#account")).to_contain_text("Ada Harbour")
    page.context.clear_cookies()
    page.reload()
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_a_wrong_password_is_told_and_nothing_is_entered(page: Page, site: str, email: str) -> None:
    page.goto(f"{site}/#/sign-in")
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("The email or the password is not right.")
    expect(page.get_by_label("Email")).to_have_value(email)
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()


def test_what_is_wrong_with_a_new_account_is_told_at_its_fields(page: Page, site: str) -> None:
    page.goto(f"{site}/#/sign-up")
    page.get_by_label("Email").fill("nowhere")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Make the account").click()
    expect(page.get_by_label("Name")).to_be_focused()
    expect(page.get_by_label("Password")).to_have_accessible_description(
        "Password must be text of 10 to 256 characters."
    )
    expect(page.get_by_label("Email")).to_have_accessible_description(
        "Email must be an email address of at most 254 characters."
    )
    expect(page.locator("form > [role=alert]")).to_have_text("")


def test_password_managers_know_the_fields(page: Page, site: str) -> None:
    page.goto(f"{site}/#/sign-in")
    expect(page.get_by_label("Email")).to_have_attribute("autocomplete", "username")
    expect(page.get_by_label("Password")).to_have_attribute("autocomplete", "current-password")
    expect(page.get_by_label("Password")).to_have_attribute("type", "password")
    page.get_by_role("link", name="Make an account").click()
    expect(page.get_by_label("Password")).to_have_attribute("autocomplete", "new-password")


def test_a_script_cannot_read_the_token(page: Page, site: str, email: str) -> None:
    sign_up(page, site, email)
    assert page.evaluate("document.cookie") == ""
    (cookie,) = [each for each in page.context.cookies() if each["name"].endswith("session")]
    assert cookie["httpOnly"]
    assert cookie["sameSite"] == "Lax"


def test_statistics_come_from_the_api(page: Page, site: str, email: str) -> None:
    sign_up(page, site, email)
    page.get_by_role("link", name="Statistics").click()
    expect(page.get_by_role("row", name="Notes")).to_contain_text(re.compile(r"\d"))
    expect(page.locator("#served")).to_have_text(
        re.compile(r"^Answered by the api in \d+ ms, database \d+ ms\.")
    )
    page.set_viewport_size({"width": 320, "height": 740})
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_an_export_is_made_in_the_background_and_told_as_it_happens(
    page: Page, site: str, email: str
) -> None:
    sign_up(page, site, email)
    title = unique("To take along")
    note = write_note(site, title, "Low at six.\n\nHigh at noon, high at night.")
    heard: list[str] = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda data: heard.append(str(data))))
    page.goto(f"{site}/#/notes/{note}")
    page.reload()
    page.get_by_role("button", name="Export").click()
    expect(page.get_by_role("article")).to_contain_text("The export is done.")
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^The export (of .* )?is done\.$"))
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the PDF").click()
    text = PdfReader(downloading.value.path()).pages[0].extract_text()
    assert text.startswith(title)
    assert "Words 9" in text
    assert any('"state":"done"' in each for each in heard), heard


def test_the_digest_follows_by_itself(page: Page, site: str, email: str) -> None:
    sign_up(page, site, email)
    title = unique("Newest of all")
    write_note(site, title)
    expect(page.get_by_role("region", name="Digest")).to_contain_text(title, timeout=MINUTE)


def test_the_digest_comes_by_email_to_who_wishes_it(page: Page, slice_running: Slice, email: str) -> None:
    site = slice_running.edge.url
    open_list(page, site)
    switch = page.get_by_label("Send it to me by email, daily")
    expect(switch).to_have_count(0)
    sign_up(page, site, email)
    readers = "select count(*) from digest_readers join users on id = user where email = :email"
    for wanted, told in (("1", "It comes once a day"), ("0", "It comes no more.")):
        switch.press("Space")
        expect(page.get_by_role("region", name="Digest")).to_contain_text(told)
        assert slice_running.database.execute(readers, {"email": email}) == [[wanted]]
        page.reload()
        expect(switch).to_be_checked(checked=wanted == "1")


def test_who_is_not_signed_in_can_export_nothing(page: Page, site: str) -> None:
    note = write_note(site, unique("Read only"))
    page.goto(f"{site}/#/notes/{note}")
    expect(page.get_by_role("article")).to_be_visible()
    expect(page.get_by_role("button", name="Export")).to_have_count(0)
