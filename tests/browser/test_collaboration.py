"""Two people in one note, in real browsers, while everything fails that can."""

import re
from collections.abc import Callable, Iterator, Mapping

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.support.harbour import Harbour
from tests.support.harbour import harbour as run_harbour
from tests.support.notes import insert_notes
from tests.support.process import until
from tests.support.workerd import build

SAVED = "Saved"


@pytest.fixture(scope="module")
def harbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harbour]:
    with run_harbour(build(tmp_path_factory.mktemp("bundle")), tmp_path_factory.mktemp("harbour")) as running:
        yield running


@pytest.fixture
def note(harbour: Harbour) -> str:
    return insert_notes(harbour.database, "harbour", 1, title="Tide", body="")[0].id


@pytest.fixture(scope="module")
def people(harbour: Harbour, browser: Browser) -> Mapping[str, BrowserContext]:
    return {name: harbour.person(browser, name) for name in ("Ada Harbour", "Eve")}


@pytest.fixture
def ada(people: Mapping[str, BrowserContext]) -> Iterator[Page]:
    yield from _page(people["Ada Harbour"])


@pytest.fixture
def eve(people: Mapping[str, BrowserContext]) -> Iterator[Page]:
    yield from _page(people["Eve"])


def _page(context: BrowserContext) -> Iterator[Page]:
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    # A page whose server is away hears so on the console; what else is wrong there is wrong.
    page.on("console", lambda said: errors.append(said.text) if is_complaint(said) else None)
    yield page
    page.close()
    assert errors == []


def is_complaint(said: ConsoleMessage) -> bool:
    return said.type == "error" and not re.match("WebSocket connection to|Failed to load resource", said.text)


def open_note(page: Page, harbour: Harbour, note: str) -> None:
    page.goto(f"{harbour.edge.url}/#/notes/{note}")
    expect(text(page)).to_be_visible()
    expect(state(page)).to_have_text(SAVED)


def text(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Text")


def state(page: Page) -> Locator:
    return page.locator(".state")


def write(page: Page, words: str) -> None:
    text(page).press("Control+End")
    page.keyboard.type(words)


def same(*pages: Page) -> Callable[[], str | None]:
    def found() -> str | None:
        texts = {"\n".join(text(page).locator(".cm-line").all_text_contents()) for page in pages}
        return texts.pop() if len(texts) == 1 else None

    return found


def settled(*pages: Page) -> str:
    """What all of them show, once everything is saved."""
    for page in pages:
        expect(state(page)).to_have_text(SAVED, timeout=30_000)
    return until(same(*pages), "all pages show the same")


def test_two_people_write_in_one_note_and_see_each_other(
    harbour: Harbour, note: str, ada: Page, eve: Page
) -> None:
    open_note(ada, harbour, note)
    open_note(eve, harbour, note)
    expect(ada.locator(".people")).to_have_text("Also here: Eve.")
    write(ada, "Low at six. ")
    write(eve, "High at noon. ")
    write(ada, "Low again.")
    written = settled(ada, eve)
    assert sorted(written) == sorted("Low at six. High at noon. Low again.")
    expect(ada.locator(".caret")).to_have_attribute("data-name", "Eve")
    ada.get_by_role("textbox", name="Title").press("Control+End")
    ada.keyboard.type(" of today")
    expect(eve.get_by_role("textbox", name="Title")).to_have_text("Tide 1 of today")
    expect(eve).to_have_title("Tide 1 of today")
    row = "select title, body from notes where id = :note"
    until(
        lambda: harbour.database.execute(row, {"note": note}) == [["Tide 1 of today", written]] or None,
        "the note's row follows",
    )
    found = """select note from _note_search join _note_numbers on number = _note_search.rowid
      where _note_search match :words and note = :note"""
    # As they stand there: who writes at the same place may part a word of the other's.
    words = " ".join(f'"{word}"' for word in ("of today", *re.findall(r"\w+", written)))
    assert harbour.database.execute(found, {"words": words, "note": note}) == [[note]]
    eve.close()
    expect(ada.locator(".people")).to_have_text("")


def test_what_is_written_without_a_connection_is_kept_and_sent(
    harbour: Harbour, note: str, ada: Page, eve: Page
) -> None:
    open_note(ada, harbour, note)
    open_note(eve, harbour, note)
    harbour.kill()
    expect(state(ada)).to_have_text("Connecting…")
    write(ada, "offline ")
    expect(state(ada)).to_have_text(re.compile("^Not saved"))
    write(eve, "as well ")
    harbour.start()
    written = settled(ada, eve)
    assert sorted(written.split()) == ["as", "offline", "well"]


def test_what_is_not_saved_survives_a_reload(harbour: Harbour, note: str, ada: Page, eve: Page) -> None:
    open_note(ada, harbour, note)
    write(ada, "saved ")
    settled(ada)
    harbour.kill()
    write(ada, "unsaved")
    expect(state(ada)).to_have_text(re.compile("^Not saved"))
    ada.reload()
    expect(state(ada)).to_have_text(re.compile("^Not saved"))
    harbour.start()
    assert settled(ada) == "saved unsaved"
    open_note(eve, harbour, note)
    assert settled(eve) == "saved unsaved"


def test_what_is_too_much_is_said_so_and_given_up(harbour: Harbour, note: str, ada: Page) -> None:
    open_note(ada, harbour, note)
    write(ada, "before ")
    settled(ada)
    text(ada).press("Control+End")
    ada.keyboard.insert_text("x" * 1_100_000)
    for _ in range(2):
        expect(state(ada)).to_contain_text("too much to be saved", timeout=30_000)
        ada.reload()
    state(ada).get_by_role("button", name="Give up what is not saved").click()
    expect(text(ada)).to_have_text("before ")
    write(ada, "and after")
    assert settled(ada) == "before and after"


def test_a_kill_while_both_write_loses_and_doubles_nothing(
    harbour: Harbour, note: str, ada: Page, eve: Page
) -> None:
    open_note(ada, harbour, note)
    open_note(eve, harbour, note)
    for number in range(3):
        write(ada, f"<a{number}>")
        write(eve, f"<b{number}>")
        harbour.kill()
        write(ada, f"<c{number}>")
        harbour.start()
        write(eve, f"<d{number}>")
    once_each(settled(ada, eve), "abcd", 3)


def test_a_reboot_while_both_write_loses_and_doubles_nothing(
    harbour: Harbour, note: str, ada: Page, eve: Page
) -> None:
    open_note(ada, harbour, note)
    open_note(eve, harbour, note)
    write(ada, "<a0>")
    write(eve, "<b0>")
    with harbour.rebooting():
        write(ada, "<c0>")
        write(eve, "<d0>")
    once_each(settled(ada, eve), "abcd", 1)


def test_a_deployment_is_hardly_noticed(harbour: Harbour, note: str, ada: Page, eve: Page) -> None:
    open_note(ada, harbour, note)
    open_note(eve, harbour, note)
    write(ada, "<a0>")
    harbour.stop()
    harbour.start()
    write(eve, "<b0>")
    once_each(settled(ada, eve), "ab", 1)


def once_each(written: str, who: str, times: int) -> None:
    """Every key stroke, in whatever order: two at the same place write between each other's letters."""
    expected = "".join(f"<{each}{number}>" for each in who for number in range(times))
    assert sorted(written) == sorted(expected)


def test_who_is_away_is_told_of_changes_and_how_many_are_unread(
    harbour: Harbour, note: str, ada: Page, eve: Page
) -> None:
    open_note(ada, harbour, note)
    write(ada, "mine ")
    settled(ada)
    ada.goto(f"{harbour.edge.url}/#/notifications")
    unread = ada.get_by_role("link", name=re.compile("^Notifications"))
    expect(unread).to_have_text("Notifications")
    ada.goto(f"{harbour.edge.url}/#/")
    open_note(eve, harbour, note)
    write(eve, "hers ")
    settled(eve)
    expect(unread).to_have_text("Notifications (1)")
    unread.click()
    expect(ada.get_by_role("region", name="Note", exact=True)).to_contain_text("Eve has changed “Tide 1”.")


def test_who_is_signed_out_elsewhere_is_told_at_once(harbour: Harbour, note: str, browser: Browser) -> None:
    somebody = harbour.person(browser, "Sam")
    page = somebody.new_page()
    open_note(page, harbour, note)
    assert somebody.request.delete(f"{harbour.edge.url}/api/session").ok
    expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    expect(page.locator("#announcer")).to_have_text("Your session has ended.")
    somebody.close()
