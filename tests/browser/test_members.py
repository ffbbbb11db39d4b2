"""Members through the page: invited by a link, given another role, removed."""

import uuid

from playwright.sync_api import Browser, FilePayload, Page, expect

from tests.support.images import picture
from tests.support.page import SIGNED_IN, unique

PASSWORD = "correct horse battery"


def newcomer(page: Page, site: str, name: str) -> None:
    """Somebody who has just signed up, on this page."""
    account = {"name": name, "email": f"{uuid.uuid4().hex}@harbour.example", "password": PASSWORD}
    page.context.request.post(f"{site}/api/sign-up", data=account, fail_on_status_code=True)
    page.context.add_init_script(SIGNED_IN)


def own_workspace(page: Page, site: str) -> str:
    """The closed one that signing up has made."""
    account = page.context.request.post(f"{site}/api/session", fail_on_status_code=True).json()
    [workspace] = account["workspaces"]
    return str(workspace)


def test_a_link_invites_and_members_are_managed(page: Page, browser: Browser, site: str) -> None:
    newcomer(page, site, "Olive Owner")
    workspace = own_workspace(page, site)
    page.goto(f"{site}/#/new")
    expect(page.get_by_label("Workspace")).to_have_value(workspace)
    page.get_by_label("Title").fill(unique("Chart"))
    page.get_by_role("button", name="Save").click()
    chart = FilePayload(name="chart.png", mimeType="image/png", buffer=picture())
    page.get_by_label("Attach a file").set_input_files(chart)
    expect(page.get_by_role("button", name="Delete chart.png")).to_be_visible()
    note = page.url
    page.get_by_role("link", name="Members").click()
    page.get_by_label("Invite as").select_option("viewer")
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link of the invitation")
    expect(link).to_be_focused()

    with browser.new_context() as context:
        theirs = context.new_page()
        theirs.goto(link.input_value())
        expect(theirs.get_by_text("You are invited to a workspace.")).to_be_visible()
        theirs.get_by_role("link", name="Make an account").click()
        expect(theirs.get_by_text("You are invited to a workspace.")).to_be_visible()
        theirs.get_by_label("Name").fill("Ivo Invited")
        theirs.get_by_label("Email").fill(f"{uuid.uuid4().hex}@harbour.example")
        theirs.get_by_label("Password").fill(PASSWORD)
        theirs.keyboard.press("Enter")
        theirs.get_by_role("button", name="Join the workspace").click()
        expect(theirs.get_by_label("Workspace")).to_have_value(workspace)
        theirs.goto(note)
        expect(theirs.get_by_role("link", name="chart.png")).to_be_visible()
        expect(theirs.get_by_role("button", name="Delete chart.png")).to_have_count(0)
        expect(theirs.get_by_label("Attach a file")).to_have_count(0)
        theirs.get_by_role("link", name="Import").click()
        expect(theirs.get_by_text("not change it")).to_be_visible()
        theirs.goto(link.input_value())
        theirs.reload()
        theirs.get_by_role("button", name="Join the workspace").click()
        expect(theirs.get_by_role("alert")).to_contain_text("not good any more")

        page.reload()
        members = page.get_by_role("list", name="Members").get_by_role("listitem")
        expect(members).to_have_count(2)
        page.get_by_label("The role of Ivo Invited").select_option("editor")
        expect(page.get_by_role("status")).to_have_text("Ivo Invited is editor now.")
        expect(page.get_by_label("The role of Ivo Invited")).to_have_value("editor")
        # His token still says viewer.
        theirs.goto(f"{site}/#/new")
        theirs.get_by_label("Title").fill("Written at once")
        theirs.get_by_role("button", name="Save").click()
        expect(theirs.locator("#announcer")).to_have_text("The note is saved.")
        page.get_by_role("button", name="Remove Ivo Invited").click()
        expect(members).to_have_count(1)


def test_an_open_invitation_is_revoked(page: Page, site: str) -> None:
    newcomer(page, site, "Olive Owner")
    workspace = own_workspace(page, site)
    page.goto(site)
    page.get_by_label("Workspace").select_option(workspace)
    page.get_by_role("link", name="Members").click()
    page.get_by_role("button", name="Make a link").click()
    expect(page.get_by_label("Link of the invitation")).to_be_focused()
    page.reload()
    page.get_by_role("button", name="Revoke").click()
    expect(page.get_by_role("status")).to_have_text("The invitation is revoked.")
    expect(page.get_by_role("list", name="Open invitations")).to_have_count(0)


def test_a_workspace_is_made_and_chosen(page: Page, site: str) -> None:
    newcomer(page, site, "Olive Owner")
    page.goto(site)
    page.get_by_role("link", name="New workspace").click()
    expect(page.get_by_label("Name")).to_be_focused()
    page.get_by_label("Name").fill("Boat house")
    page.get_by_label("Address").fill("harbour")
    page.get_by_label("Open").check()
    page.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_label("Address")).to_be_focused()
    expect(page.get_by_label("Address")).to_have_accessible_description(
        "Address belongs to a workspace already."
    )
    address = f"boats-{uuid.uuid4().hex[:8]}"
    page.get_by_label("Address").fill(address)
    page.get_by_role("button", name="Make the workspace").click()
    expect(page.get_by_label("Workspace", exact=True)).to_have_value(address)
    expect(page.get_by_role("link", name="Members")).to_be_visible()
    made = page.context.request.get(f"{site}/api/workspaces?limit=100&after={address[:-1]}").json()
    assert {"name": "Boat house", "open": True, "role": "owner"}.items() <= next(
        each for each in made["workspaces"] if each["id"] == address
    ).items()
