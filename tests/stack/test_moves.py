"""A route moved and the edge taken out of the way, by the program, on the whole stack."""

import json
import sys
from collections.abc import Iterator

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.stack.changes import EDGE_CHANGES, planned_changes
from tests.support.clone import Clone
from tests.support.cloud import until
from tests.support.load import load

pytestmark = pytest.mark.slow

ADA = {"email": "ada@example.com", "name": "Ada", "password": "correct horse battery staple"}
ROUTE = "list_workspaces"
PATH = "/api/workspaces"


@pytest.fixture(scope="module")
def ada(running: Clone) -> Iterator[httpx.Client]:
    """Signed in."""
    with httpx.Client(base_url=running.url, timeout=20, headers={"origin": running.url}) as client:
        assert client.post("/api/sign-up", json=ADA).status_code == 201
        yield client


def who_served(answer: httpx.Response) -> str:
    return str(answer.headers["x-served-by"])


def served_by(client: httpx.Client, path: str = PATH) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return who_served(answer)


def switch(clone: Clone, *words: str) -> None:
    clone.run(sys.executable, "-m", "infra.cli", "switch", f"--route={ROUTE}", *words)


def declare(clone: Clone, *, rollout: int) -> None:
    """Writes the route's declaration anew, as a developer would."""
    source = clone.folder / "infra" / "routes" / "workspaces.py"
    before, name, declaration = source.read_text().partition(f"{ROUTE} = Route(")
    old = next(line for line in declaration.splitlines() if 'tier="edge"' in line)
    indent = " " * (len(old) - len(old.lstrip()))
    new = declaration.replace(old, f'{indent}tier="edge",\n{indent}rollout={rollout},', 1)
    source.write_text(before + name + new)


def test_a_switch_and_a_declaration_move_a_route_under_load(running: Clone, ada: httpx.Client) -> None:
    cookie = {"cookie": f"session={ada.cookies['session']}"}
    with load(
        lambda client: client.get(f"{running.url}{PATH}", headers=cookie),
        seen=who_served,
        threads=1,
        # So many reads a minute are allowed from one address.
        pause=0.1,
    ) as found:
        assert served_by(ada) == "edge"
        switch(running, "--rollout=0")
        until(lambda: served_by(ada) == "api", seconds=5)
        declare(running, rollout=0)
        assert set(planned_changes(running)) == EDGE_CHANGES
        running.shoreline("up")
        switch(running, "--clear")
        assert served_by(ada) == "api"
    assert found.failures == []
    assert found.saw("edge") and found.saw("api")


def test_the_server_answers_everything_while_the_edge_is_broken(running: Clone, ada: httpx.Client) -> None:
    """The drill of docs/moving-routes.md: a Worker that only throws, `front: server`, and back."""
    worker = running.folder / "services" / "edge" / "src" / "index.ts"
    whole = worker.read_text()
    worker.write_text(
        whole.replace("fetch: (", 'fetch: () => { throw new Error("broken"); },\n  unused: (', 1)
    )
    running.pulumi("up", "--yes", "--skip-preview")
    assert httpx.get(running.url).status_code == 500

    running.pulumi("config", "set", "shoreline:front", "server")
    running.shoreline("up")
    assert served_by(ada, "/") == served_by(ada, "/api/me") == "front"
    assert served_by(ada) == "api"
    signed_in = ada.post("/api/sign-in", json={key: ADA[key] for key in ("email", "password")})
    assert signed_in.status_code == 200
    note = ada.post("/api/notes", json={"title": "from the server", "body": ""})
    assert (note.status_code, note.headers["x-served-by"]) == (201, "api")
    assert httpx.get(f"{running.url}{PATH}").status_code == 401
    with connect(
        f"{running.url.replace('http', 'ws', 1)}/api/realtime",
        origin=Origin(running.url),
        additional_headers={"cookie": f"session={ada.cookies['session']}"},
    ) as socket:
        assert json.loads(socket.recv(timeout=10)) == {"type": "ready"}
    running.pulumi("preview", "--expect-no-changes")

    worker.write_text(whole)
    running.pulumi("config", "rm", "shoreline:front")
    with load(lambda client: client.get(running.url), seen=who_served) as found:
        running.shoreline("up")
        until(lambda: served_by(ada, "/") == "edge")
    # The Worker is deployed before its routes are given back.
    assert found.failures == []
    assert found.saw("front") and found.saw("edge")
    assert ada.get(f"/api/notes/{note.json()['id']}").status_code == 200
