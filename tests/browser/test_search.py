"""Searching the notes through the page, and what it says where nothing is found or nothing answers."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.support.notes import insert_notes
from tests.support.page import PAGE_SIZE, open_list, sign_in
from tests.support.slice import Slice

SEARCH = re.compile(r"/api/search\?")


@pytest.fixture(scope="module", autouse=True)
def notes(slice_running: Slice) -> None:
    insert_notes(
        slice_running.database,
        "harbour",
        45,
        title="Mooring",
        body="Two lines & a <b>spring</b> to the quay.",
    )


@pytest.fixture
def field(page: Page, site: str) -> Iterator[Locator]:
    open_list(page, site)
    yield page.get_by_role("searchbox", name="Search")
    page.unroute_all()


def status(page: Page) -> Locator:
    return page.get_by_role("status")


def test_what_is_typed_is_found_and_marked_and_goes_on(page: Page, field: Locator) -> None:
    field.fill("mooring qu")
    found = page.locator("#notes li")
    expect(page.get_by_role("heading", name="Notes found")).to_be_visible()
    expect(found).to_have_count(PAGE_SIZE)
    expect(status(page)).to_have_text(f"{PAGE_SIZE} notes found.")
    field.fill("mooring 45 sp")
    expect(found).to_have_count(1)
    expect(found.locator("mark")).to_have_text(["Mooring", "45", "spring"])
    expect(found.locator(".excerpt")).to_have_text("Two lines & a <b>spring</b> to the quay.")
    field.fill("moor")
    expect(found).to_have_count(PAGE_SIZE)
    for count in (2 * PAGE_SIZE, 45):
        found.last.scroll_into_view_if_needed()
        expect(found).to_have_count(count)
    addresses = page.locator("#notes a").evaluate_all("links => links.map(link => link.hash)")
    assert len(set(addresses)) == 45
    expect(page.get_by_role("button", name="More notes")).to_be_hidden()


def test_it_is_searched_and_left_by_keyboard(page: Page, field: Locator) -> None:
    field.focus()
    page.keyboard.type("mooring 7")
    page.keyboard.press("Enter")
    expect(page.locator("#notes li")).to_have_count(1)
    expect(field).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#notes a")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("article").get_by_role("heading", level=2)).to_have_text("Mooring 7")
    field.focus()
    page.keyboard.press("Escape")
    expect(field).to_have_value("")
    expect(page.get_by_role("heading", name="Latest notes")).to_be_visible()
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)


def test_a_member_searches_the_workspace_that_is_chosen(page: Page, site: str) -> None:
    sign_in(page, site)
    open_list(page, site)
    with page.expect_request(re.compile(r"/api/search\?q=moor&workspace=harbour$")):
        page.get_by_role("searchbox").fill("moor")
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)
    own = page.get_by_label("Workspace").locator("option").filter(has_not_text=re.compile("harbour$")).first
    with page.expect_request(re.compile(r"/api/workspaces/[^/]+/search\?q=moor$")):
        page.get_by_label("Workspace").select_option(own.get_attribute("value"))
    expect(page.get_by_text("No note has all of these words.")).to_be_visible()
    expect(status(page)).to_have_text("0 notes found.")


def test_a_search_that_fails_is_explained_and_can_be_tried_again(page: Page, field: Locator) -> None:
    def shed(route: Route) -> None:
        detail = "There is too much to do now. Try again shortly."
        route.fulfill(
            status=503, content_type="application/problem+json", json={"status": 503, "detail": detail}
        )

    page.route(SEARCH, shed)
    field.fill("moor")
    alert = page.locator("#list").get_by_role("alert")
    expect(alert).to_contain_text("The notes can't be searched.")
    expect(alert).to_contain_text("There is too much to do now.")
    expect(page.locator("#notes li")).to_have_count(0)
    page.unroute(SEARCH)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#notes li")).to_have_count(PAGE_SIZE)


def test_a_slow_answer_does_not_replace_a_later_one(page: Page, field: Locator) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route(re.compile(r"/api/search\?q=moor&"), hold)
    field.fill("moor")
    expect(page.get_by_text("Loading notes…")).to_be_visible()
    field.fill("mooring 45")
    expect(page.locator("#notes li")).to_have_count(1)
    with page.expect_response(re.compile(r"/api/search\?q=moor&")):
        held[0].continue_()
    expect(page.locator("#notes li")).to_have_count(1)


def test_too_many_words_are_told(page: Page, field: Locator) -> None:
    field.fill("one two three four five six seven eight nine")
    alert = page.locator("#list").get_by_role("alert")
    expect(alert).to_contain_text(
        "What is searched for must be 1 to 8 words, together at most 200 characters."
    )


def test_signs_alone_search_for_nothing(page: Page, field: Locator) -> None:
    field.fill("?!")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Latest notes")).to_be_visible()
    expect(page.locator("#list").get_by_role("alert")).to_have_count(0)
