"""The page in a real browser, against whatever stack answers at `site`."""

import json
import re

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.page import PAGE_SIZE, open_list, sign_in, unique
from tests.support.people import write_note


def tab_to(page: Page, selector: str) -> None:
    """Presses Tab until the focus is on `selector`."""
    for _ in range(60):
        if page.locator(selector).first.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the Tab key never reached {selector}")


def test_the_newest_notes_are_listed(page: Page, site: str) -> None:
    title = unique("Newest")
    write_note(site, title)
    open_list(page, site)
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)
    newest = page.locator("#notes li").first
    expect(newest.get_by_role("link", name=title)).to_be_visible()
    expect(newest).to_contain_text("harbour")
    assert newest.locator("time").get_attribute("datetime")
    expect(page.get_by_role("status")).to_have_text(f"{PAGE_SIZE} notes loaded.")


def test_the_footer_says_which_tier_answered_and_how_fast(page: Page, site: str) -> None:
    open_list(page, site)
    expect(page.locator("#served")).to_have_text(
        # What the edge still has in its cache took no database.
        re.compile(r"^Answered by the edge in \d+ ms(, database \d+ ms)?\. Release [0-9a-f]{8}\.$")
    )


def test_the_panel_tells_of_each_call_what_its_parts_took(page: Page, site: str) -> None:
    note = write_note(site, unique("Timed"))
    page.goto(f"{site}/#/notes/{note}")
    expect(page.get_by_role("article")).to_be_visible()
    tab_to(page, "#served")
    page.keyboard.press("Enter")
    call = page.get_by_role("region", name="Answers").get_by_role("row", name=f"GET /api/notes/{note}")
    expect(call.get_by_role("cell")).to_have_text(
        ["200", "edge", re.compile(r"^\d+ ms$"), re.compile(r"^database \d+ ms, edge \d+ ms$")]
    )


def test_more_notes_follow_without_a_repetition(page: Page, site: str) -> None:
    open_list(page, site)
    tab_to(page, "#more")
    page.keyboard.press("Enter")
    # The keyboard goes on where the new notes begin.
    expect(page.locator("#notes a").nth(PAGE_SIZE)).to_be_focused()
    assert distinct_notes(page) == 2 * PAGE_SIZE


@pytest.mark.parametrize("width", [360, 1200])
def test_the_list_goes_on_as_one_scrolls(page: Page, site: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_list(page, site)
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)
    for page_number in (1, 2):
        page.locator("#notes li").last.scroll_into_view_if_needed()
        expect(page.locator("#notes li").nth(page_number * PAGE_SIZE)).to_be_attached()
    expect(page.get_by_role("status")).to_have_text(re.compile(r"^\d+ notes? loaded\.$"))
    assert distinct_notes(page) > 2 * PAGE_SIZE
    # What stands below the list stays in reach.
    expect(page.locator("#served")).to_be_in_viewport()


def test_a_page_that_fails_on_the_way_is_asked_for_again_by_hand(page: Page, site: str) -> None:
    open_list(page, site)
    page.route(LIST, unavailable)
    page.locator("#notes li").last.scroll_into_view_if_needed()
    expect(page.get_by_role("alert")).to_contain_text("The notes can't be loaded.")
    page.unroute(LIST)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notes a").nth(PAGE_SIZE)).to_be_focused()


def distinct_notes(page: Page) -> int:
    """How many are listed; fails where one is there twice."""
    addresses = page.locator("#notes a").evaluate_all("links => links.map(link => link.hash)")
    assert len(set(addresses)) == len(addresses)
    return len(addresses)


def test_a_note_opens_with_its_text_as_written(page: Page, site: str) -> None:
    title = unique("<b>Bold</b> & <script>alert(1)</script>")
    body = "first line\n\n    indented\nשלום עולם\n<img src=x onerror=alert(1)> 😀"
    write_note(site, title, body)
    open_list(page, site)
    # The digest may name it, too.
    page.locator("#notes").get_by_role("link", name=title).click()
    article = page.get_by_role("article")
    expect(article.get_by_role("heading", level=2)).to_have_text(title)
    expect(article.get_by_role("heading", level=2)).to_be_focused()
    text = article.locator(".text")
    assert text.text_content() == body
    assert text.evaluate("element => getComputedStyle(element).whiteSpace") == "pre-wrap"
    assert text.locator("*").count() == 0
    assert page.title() == title


@pytest.mark.parametrize(("title", "direction"), [("Tide", "ltr"), ("גאות ושפל", "rtl")])
def test_text_runs_in_its_own_direction(page: Page, site: str, title: str, direction: str) -> None:
    note = write_note(site, title, title)
    page.goto(f"{site}/#/notes/{note}")
    text = page.get_by_role("article").locator(".text")
    expect(text).to_have_css("direction", direction)
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_css("direction", direction)


def test_back_returns_to_the_list_and_to_the_note_left(page: Page, site: str) -> None:
    open_list(page, site)
    third = page.locator("#notes a").nth(2)
    third.click()
    expect(page.get_by_role("article")).to_be_visible()
    expect(third).to_have_attribute("aria-current", "true")
    page.go_back()
    expect(page.get_by_role("article")).to_have_count(0)
    expect(third).to_be_focused()


@pytest.mark.parametrize("note", ["01a0c450-73d0-7000-8a08-9200102c18d4", "%", "%22]", "a/b", ""])
def test_an_unknown_note_is_said_to_be_missing(page: Page, site: str, note: str) -> None:
    page.goto(f"{site}/#/notes/{note}")
    expect(page.get_by_role("heading", name="There is no such note")).to_be_visible()


def test_a_written_note_is_the_first_of_the_list(page: Page, site: str) -> None:
    title = unique("Written here")
    sign_in(page, site)
    open_list(page, site)
    page.get_by_role("link", name="New note").click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.get_by_label("Title").fill(title)
    page.get_by_label("Text").fill("Low at six.\nHigh at noon.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(title)
    expect(page.locator("#notes li").first).to_contain_text(title)
    expect(page.get_by_role("status")).to_have_text("The note is saved.")
    page.reload()
    expect(page.get_by_role("article")).to_contain_text("High at noon.")
    expect(page.locator("#notes li").first).to_contain_text(title)


def test_a_note_that_is_not_valid_is_explained_at_its_fields(page: Page, site: str) -> None:
    sign_in(page, site)
    page.goto(f"{site}/#/new")
    page.get_by_label("Text").fill("kept")
    page.get_by_role("button", name="Save").click()
    title = page.get_by_label("Title")
    expect(title).to_be_focused()
    expect(title).to_have_accessible_description(
        "Title must be text of 1 to 200 characters, not only spaces."
    )
    expect(page.get_by_role("alert")).to_have_text("The note is not saved yet.")
    expect(page.get_by_label("Text")).to_have_value("kept")
    expect(page.get_by_label("Text")).not_to_have_attribute("aria-invalid", "true")
    title.fill(unique("Mended"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article")).to_contain_text("kept")


def test_who_writes_has_to_sign_in_first(page: Page, site: str) -> None:
    open_list(page, site)
    page.get_by_role("link", name="New note").click()
    expect(page.get_by_label("Email")).to_be_focused()


def test_a_note_is_shared_by_an_address_of_its_own(page: Page, site: str) -> None:
    title = unique("Shared")
    page.goto(f"{site}/notes/{write_note(site, title)}")
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(title)


def test_each_workspace_has_its_notes(page: Page, site: str) -> None:
    sign_in(page, site)
    open_list(page, site)
    page.get_by_label("Workspace").select_option("lighthouse")
    expect(page.locator("#notes li").first).to_contain_text("lighthouse")
    page.get_by_role("button", name="Join").click()
    expect(page.get_by_role("status")).to_have_text(re.compile("You are a member of|notes? loaded"))
    title = unique("For the lighthouse")
    page.get_by_role("link", name="New note").click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("article")).to_contain_text("lighthouse")
    page.reload()
    expect(page.get_by_label("Workspace")).to_have_value("lighthouse")
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(title)
    expect(page.locator("#notes li").first).to_contain_text(title)
    page.get_by_role("button", name="Leave").click()
    expect(page.get_by_role("button", name="Join")).to_be_visible()


def test_a_draft_outlives_a_look_at_another_note(page: Page, site: str) -> None:
    sign_in(page, site)
    open_list(page, site)
    page.get_by_role("link", name="New note").click()
    page.get_by_label("Title").fill("Half a thought")
    page.locator("#notes a").first.click()
    expect(page.get_by_role("article")).to_be_visible()
    page.get_by_role("link", name="New note").click()
    # The note's editor has a title too.
    expect(page).to_have_title("New note")
    expect(page.get_by_label("Title")).to_have_value("Half a thought")


LIST = re.compile(r"/api/notes\?")


def unavailable(route: Route) -> None:
    """What the Worker answers while the database is down (tests/unit/edge holds the Worker to it)."""
    document = {"status": 503, "detail": "The database doesn't answer. Try again shortly."}
    route.fulfill(status=503, content_type="application/problem+json", body=json.dumps(document))


def test_a_list_that_fails_is_explained_and_can_be_tried_again(page: Page, site: str) -> None:
    page.route(LIST, unavailable)
    page.goto(site)
    expect(page.get_by_role("alert")).to_contain_text("The notes can't be loaded.")
    expect(page.get_by_role("alert")).to_contain_text("The database doesn't answer. Try again shortly.")
    page.unroute(LIST)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)
    expect(page.locator("#list").get_by_role("alert")).to_have_count(0)


def test_a_note_that_fails_to_load_can_be_tried_again(page: Page, site: str) -> None:
    title = unique("Patience")
    note = write_note(site, title)
    page.route("**/api/notes/*", unavailable)
    page.goto(f"{site}/#/notes/{note}")
    expect(page.get_by_role("alert")).to_contain_text("The note can't be loaded.")
    page.unroute("**/api/notes/*")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(title)


def test_a_note_that_fails_to_save_is_kept_in_the_form(page: Page, site: str) -> None:
    sign_in(page, site)
    page.goto(f"{site}/#/new")
    page.get_by_label("Title").fill("Kept")
    page.route("**/api/notes", unavailable)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("the text is still here. The database doesn't answer.")
    expect(page.get_by_label("Title")).to_have_value("Kept")


def test_an_empty_list_invites_to_write(page: Page, site: str) -> None:
    page.route(LIST, lambda route: route.fulfill(json={"notes": [], "next": None}))
    page.goto(site)
    expect(page.get_by_text("There are no notes yet.")).to_be_visible()
    expect(page.get_by_role("link", name="Write the first one")).to_be_visible()
    expect(page.get_by_role("button", name="More notes")).to_be_hidden()


def test_a_slow_answer_does_not_replace_a_note_opened_later(page: Page, site: str) -> None:
    slow, quick = unique("Slow"), unique("Quick")
    slow_id, quick_id = write_note(site, slow), write_note(site, quick)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(f"**/api/notes/{slow_id}", hold)
    page.goto(f"{site}/#/notes/{slow_id}")
    expect(page.get_by_text("Loading the note…")).to_be_visible()
    page.goto(f"{site}/#/notes/{quick_id}")
    expect(page.get_by_role("article")).to_contain_text(quick)
    with page.expect_response(f"**/api/notes/{slow_id}"):
        held[0].continue_()
    page.get_by_role("link", name=slow).wait_for()
    expect(page.get_by_role("article")).to_contain_text(quick)


def test_everything_can_be_done_with_the_keyboard(page: Page, site: str) -> None:
    title = unique("By keyboard")
    sign_in(page, site)
    open_list(page, site)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the notes")).to_be_focused()
    tab_to(page, "a[href='#/new']")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type(title)
    page.keyboard.press("Tab")
    page.keyboard.type("Text")
    tab_to(page, "button[type=submit]")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_be_focused()
    tab_to(page, "h1 a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article")).to_have_count(0)
    tab_to(page, "#notes a")
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text(title)
