"""A route moved and the edge taken out of the way, by the program, on the whole stack."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import pytest

from tests.stack.changes import EDGE_CHANGES, planned_changes
from tests.support.clone import Clone
from tests.support.load import load, tier_of
from tests.support.people import web_socket
from tests.support.process import until

pytestmark = pytest.mark.slow

ADA = {"email": "ada@moves.example", "name": "Ada", "password": "correct horse battery staple"}
CREDENTIALS = {key: ADA[key] for key in ("email", "password")}
ROUTE = "read_open_note"
"""For everybody and never cached: no session of the tests can end meanwhile."""


def note_of(clone: Clone) -> str:
    """The URL of an open note."""
    note = httpx.get(f"{clone.url}/api/notes", params={"limit": 1}).json()["notes"][0]["id"]
    return f"{clone.url}/api/notes/{note}"


def who_served(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return tier_of(answer)


@pytest.fixture
def ada(running: Clone) -> Iterator[httpx.Client]:
    """Signed up; her session ends after some minutes."""
    with httpx.Client(base_url=running.url, timeout=20, headers={"origin": running.url}) as client:
        assert client.post("/api/sign-up", json=ADA).status_code == 201
        yield client


def switch(clone: Clone, *words: str) -> None:
    clone.run(sys.executable, "-m", "infra.cli", "switch", f"--route={ROUTE}", *words)


@contextmanager
def declared(clone: Clone, *, rollout: int) -> Iterator[None]:
    """The route's declaration written anew, as a developer would, until the block ends."""
    source = clone.folder / "infra" / "routes" / "notes.py"
    whole = source.read_text()
    before, name, declaration = whole.partition(f"{ROUTE} = Route(")
    old = next(line for line in declaration.splitlines() if 'tier="edge"' in line)
    indent = " " * (len(old) - len(old.lstrip()))
    new = declaration.replace(old, f'{indent}tier="edge",\n{indent}rollout={rollout},', 1)
    source.write_text(before + name + new)
    try:
        yield
    finally:
        source.write_text(whole)


def test_a_switch_and_a_declaration_move_a_route_under_load(running: Clone) -> None:
    note = note_of(running)
    # So many reads a minute are allowed from one address.
    with load(lambda client: client.get(note), seen=tier_of, threads=1, pause=0.1) as found:
        assert who_served(httpx.get(note)) == "edge"
        switch(running, "--rollout=0")
        until(lambda: who_served(httpx.get(note)) == "api", deadline=5)
        with declared(running, rollout=0):
            assert set(planned_changes(running)) == EDGE_CHANGES
            running.shoreline("up")
        switch(running, "--clear")
        assert who_served(httpx.get(note)) == "api"
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
    assert ada.post("/api/sign-in", json=CREDENTIALS).status_code == 200
    assert who_served(ada.get("/")) == who_served(ada.get("/api/me")) == "front"
    assert who_served(ada.get("/api/workspaces")) == "api"
    note = ada.post("/api/notes", json={"title": "from the server", "body": ""})
    assert (note.status_code, note.headers["x-served-by"]) == (201, "api")
    assert httpx.get(f"{running.url}/api/workspaces").status_code == 401
    with web_socket(running.url, f"session={ada.cookies['session']}") as socket:
        assert {"type": "ready"} in (json.loads(socket.recv(timeout=10)) for _ in range(2))
    running.pulumi("preview", "--expect-no-changes")

    worker.write_text(whole)
    running.pulumi("config", "rm", "shoreline:front")
    with load(lambda client: client.get(running.url), seen=tier_of) as found:
        running.shoreline("up")
        until(lambda: who_served(httpx.get(running.url)) == "edge")
    # The Worker is deployed before its routes are given back.
    assert found.failures == []
    assert found.saw("front") and found.saw("edge")
    assert httpx.get(f"{running.url}/api/notes/{note.json()['id']}").status_code == 200
