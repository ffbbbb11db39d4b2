"""Files, previews, PDFs, a large import and dead jobs, in a browser before every tier."""

import json
import uuid
from pathlib import Path

import pytest
from playwright.sync_api import FilePayload, Page, expect
from pypdf import PdfReader

from tests.support.full_disk import small_disk
from tests.support.images import bomb, picture
from tests.support.page import join, sign_up, unique
from tests.support.people import write_note
from tests.support.slice import Slice, whole_slice

MEGABYTE = 1024 * 1024


@pytest.fixture
def email() -> str:
    return f"{uuid.uuid4().hex}@harbour.example"


def slow_down(page: Page, bytes_per_second: int) -> None:
    """What the page sends; -1 for as fast as it goes."""
    conditions = {
        "offline": False,
        "latency": 0,
        "downloadThroughput": -1,
        "uploadThroughput": bytes_per_second,
    }
    page.context.new_cdp_session(page).send("Network.emulateNetworkConditions", conditions)


def test_an_image_is_attached_previewed_put_into_the_pdf_and_deleted(
    page: Page, site: str, email: str
) -> None:
    join(page, site, email)
    title = unique("Chart")
    note = write_note(site, title, "See below.")
    page.goto(f"{site}/#/notes/{note}")
    page.get_by_label("Attach a file").set_input_files(
        FilePayload(name="chart.png", mimeType="image/png", buffer=picture())
    )
    expect(page.get_by_role("region", name="Files")).to_contain_text("chart.png is attached.")
    preview = page.get_by_role("img", name="Preview of chart.png")
    expect(preview).to_be_visible()
    expect(preview).to_have_js_property("naturalWidth", 480)
    page.get_by_label("Attach a file").set_input_files(
        FilePayload(name="bomb.png", mimeType="image/png", buffer=bomb())
    )
    expect(page.get_by_role("region", name="Files")).to_contain_text("no preview can be made")
    page.get_by_role("button", name="Export as PDF").click()
    expect(page.get_by_role("article")).to_contain_text("The export is done.")
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Download the PDF").click()
    pages = PdfReader(downloading.value.path()).pages
    text = "\n".join(each.extract_text() for each in pages)
    assert title in text and "See below." in text and "bomb.png: this image can't be shown" in text
    assert sum(len(each.images) for each in pages) == 1
    page.get_by_role("button", name="Delete chart.png").click()
    expect(preview).to_have_count(0)


def test_a_full_disk_is_told_and_what_waits_goes_on_by_itself(
    page: Page, bundle: Path, email: str, tmp_path: Path
) -> None:
    (tmp_path / "slice").mkdir()
    small = {
        "FILES_FOLDER": str(tmp_path / "disk"),
        "FILES_RESERVE_BYTES": "0",
        "TMPDIR": str(tmp_path / "disk"),
    }
    with (
        small_disk(tmp_path / "disk", 16) as disk,
        whole_slice(bundle, tmp_path / "slice", within=disk.within, **small) as running,
    ):
        site = running.edge.url
        join(page, site, email)
        note = write_note(site, unique("Chart"), "See below.")
        page.goto(f"{site}/#/notes/{note}")
        files, article = page.get_by_role("region", name="Files"), page.get_by_role("article")
        chart = FilePayload(name="chart.png", mimeType="image/png", buffer=picture())
        with disk.filled():
            page.get_by_label("Attach a file").set_input_files(chart)
            expect(files).to_contain_text("The server's disk is full. What was sent is kept")
            page.get_by_role("button", name="Export as PDF").click()
            expect(article).to_contain_text("The server's disk is full. It goes on by itself")
        expect(files).to_contain_text("chart.png is attached.", timeout=30_000)
        expect(article).to_contain_text("The export is done.", timeout=30_000)
        expect(page.get_by_role("img", name="Preview of chart.png")).to_be_visible()
        # Left before its servers end, which it would complain of.
        page.goto("about:blank")


def test_a_large_import_shows_its_progress_is_cancelled_and_resumed(
    page: Page, site: str, email: str, tmp_path: Path
) -> None:
    """100 MB: more than one request may hold at the edge."""
    marker = uuid.uuid4().hex
    source, count = tmp_path / "notes.jsonl", 2_200
    with source.open("w") as file:
        for number in range(count):
            file.write(json.dumps({"title": f"{marker} {number}", "body": "tide " * 9_700}) + "\n")
    assert source.stat().st_size > 100 * MEGABYTE
    join(page, site, email)
    page.goto(f"{site}/#/import")
    page.set_default_timeout(60_000)
    slow_down(page, 30 * MEGABYTE)
    page.get_by_label("File").set_input_files(source)
    upload = page.get_by_role("progressbar", name="Upload")
    expect(upload).to_have_js_property("max", source.stat().st_size)
    expect(upload).not_to_have_js_property("value", 0, timeout=60_000)
    # Playwright would wait for what the browser is sending.
    page.get_by_role("button", name="Stop sending").dispatch_event("click")
    expect(page.get_by_text("Sending is stopped.")).to_be_visible()
    slow_down(page, -1)
    page.get_by_role("button", name="Go on sending").press("Enter")
    progress = page.get_by_role("progressbar", name="Import of notes.jsonl")
    expect(progress).to_be_visible(timeout=120_000)
    expect(progress).not_to_have_js_property("value", 0, timeout=60_000)
    page.get_by_role("button", name="Cancel").press("Enter")
    expect(page.locator(".imports")).to_contain_text("is stopped")
    page.get_by_role("button", name="Resume").press("Enter")
    expect(page.locator(".imports")).to_contain_text(f"is done. {count:,} notes written", timeout=240_000)


def test_an_operator_sees_dead_jobs_and_has_them_tried_again(
    page: Page, slice_running: Slice, email: str
) -> None:
    site, database = slice_running.edge.url, slice_running.database
    sign_up(page, site, email)
    page.goto(f"{site}/#/dead-jobs")
    expect(page.get_by_role("alert")).to_contain_text("for the application's operators")
    database.execute("insert into admins (user) select id from users where email = :email", {"email": email})
    job = "01a0c450-73d0-7000-8a08-9200102c18d4"
    database.execute(
        """insert into jobs (id, kind, payload, priority, state, tries, due, error, created, finished)
        values (:id, 'clean-up', '{}', 'low', 'dead', 8, 0, 'it took too long', 1, 2)""",
        {"id": job},
    )
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#pane")).to_contain_text("it took too long (8 tries")
    page.get_by_role("button", name=f"Try clean-up {job} again").click()
    expect(page.locator("#pane")).to_contain_text("There are none.")
