"""The real engine on the local cloud: up, unchanged, an edit, refresh, a restart."""

import re

import httpx
import pytest

from tests.stack.changes import EDGE_CHANGES, SERVER_CHANGES, planned_changes
from tests.support.clone import Clone
from tests.support.people import write_note

pytestmark = pytest.mark.slow


def test_the_url_is_a_stack_output_and_serves_the_page_and_notes_from_turso(running: Clone) -> None:
    url = running.pulumi("stack", "output", "url").strip()
    assert url == running.url
    page = httpx.get(url)
    assert page.status_code == 200 and page.headers["content-type"].startswith("text/html")
    notes = httpx.get(f"{url}/api/notes", params={"limit": 100}).json()["notes"]
    assert len(notes) >= running.setting("shoreline:seed")["notes"] // 2  # the harbour has half of them
    [script] = set(re.findall(r'src="(/assets/[^"]+)"', page.text))
    asset = httpx.get(f"{url}{script}", headers={"accept-encoding": "br"})
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert asset.headers["content-encoding"] == "br"


def test_the_second_host_answers_by_its_route(running: Clone) -> None:
    second = running.setting("shoreline:edge")["routeHost"]
    port = running.url.rsplit(":", 1)[-1]
    assert httpx.get(f"{running.url}/api/notes", headers={"host": f"{second}:{port}"}).status_code == 200
    assert httpx.get(running.url, headers={"host": f"other.localhost:{port}"}).status_code >= 400


def test_a_second_up_changes_nothing(running: Clone) -> None:
    assert re.search(r"Resources:\s+\d+ unchanged\s+Duration:", running.shoreline("up"))


def test_a_refresh_finds_nothing_to_change(running: Clone) -> None:
    running.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    running.pulumi("preview", "--expect-no-changes")


def test_an_edit_of_the_worker_changes_only_its_version_and_deployment(running: Clone) -> None:
    source = running.folder / "services" / "edge" / "src" / "index.ts"
    before = httpx.get(f"{running.url}/api/notes").headers["x-release"]
    source.write_text(source.read_text() + '\nconsole.log("edited");\n')
    assert set(planned_changes(running)) == EDGE_CHANGES
    running.shoreline("up")
    assert httpx.get(f"{running.url}/api/notes").headers["x-release"] != before
    running.pulumi("preview", "--expect-no-changes")


def test_an_edit_of_the_api_or_the_page_changes_the_servers_release_and_the_version(running: Clone) -> None:
    api = running.folder / "services" / "api" / "app.py"
    api.write_text(f"{api.read_text()}\n# edited\n")
    assert set(planned_changes(running)) == SERVER_CHANGES
    page = running.folder / "services" / "web" / "public" / "index.html"
    page.write_text(page.read_text().replace("</body>", "<!-- edited --></body>"))
    assert set(planned_changes(running)) == SERVER_CHANGES
    running.shoreline("up")
    assert "<!-- edited -->" in httpx.get(running.url).text
    assert httpx.get(f"{running.url}/api/workspaces/harbour/statistics").status_code == 401
    running.pulumi("preview", "--expect-no-changes")


def test_notes_outlive_down_and_up(running: Clone) -> None:
    note = write_note(running.url, "before the restart", "kept")
    running.localcloud("down")
    with pytest.raises(httpx.ConnectError):
        httpx.get(running.url)
    running.shoreline("up")
    kept = httpx.get(f"{running.url}/api/notes/{note}").json()
    assert (kept["title"], kept["body"]) == ("before the restart", "kept")


def test_a_resource_deleted_behind_the_engines_back_is_made_again(running: Clone) -> None:
    base = running.setting("cloudflare:baseUrl")
    zone = running.setting("shoreline:cloudflare")["zoneId"]
    token = running.pulumi("config", "get", "cloudflare:apiToken").strip()
    with httpx.Client(base_url=base, headers={"authorization": f"Bearer {token}"}) as api:
        for route in api.get(f"/zones/{zone}/workers/routes").json()["result"]:
            assert api.delete(f"/zones/{zone}/workers/routes/{route['id']}").status_code == 200
    running.pulumi("refresh", "--yes", "--skip-preview")
    assert planned_changes(running) == {"cloudflare:index/workersRoute:WorkersRoute": "create"}
    running.shoreline("up")
    running.pulumi("preview", "--expect-no-changes")
