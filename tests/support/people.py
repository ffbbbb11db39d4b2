"""Somebody who has signed up with a running stack."""

import functools
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from services.common.tokens import LIFETIME_SECONDS


@dataclass
class Person:
    """Signed in, and again before the session ends."""

    client: httpx.Client
    account: dict[str, str]
    until: float = field(default=0)

    @property
    def credentials(self) -> dict[str, str]:
        return {name: self.account[name] for name in ("email", "password")}

    def signed_in(self) -> httpx.Client:
        if time.monotonic() > self.until:
            self._enter("/api/sign-in", self.credentials)
        return self.client

    def sign_up(self) -> "Person":
        self._enter("/api/sign-up", self.account)
        return self

    def _enter(self, path: str, body: dict[str, str]) -> None:
        self.until = time.monotonic() + LIFETIME_SECONDS / 2
        self.client.post(path, json=body).raise_for_status()


@functools.cache
def _person(site: str) -> Person:
    """One person a site: passwords are dear to hash, and how many may be is limited."""
    account = {
        "email": f"{uuid.uuid4().hex}@harbour.example",
        "name": "Ada Harbour",
        "password": "correct horse",
    }
    return Person(httpx.Client(base_url=site, timeout=20, trust_env=False), account).sign_up()


def member(site: str) -> httpx.Client:
    """Somebody's client, signed in."""
    return _person(site).signed_in()


def credentials(site: str) -> dict[str, str]:
    """With which the same person may sign in once more."""
    return _person(site).credentials


def write_note(site: str, title: str, body: str = "") -> str:
    """Writes a note into the harbour; gives its id."""
    response = member(site).post("/api/notes", json={"title": title, "body": body}).raise_for_status()
    note_id: str = response.json()["id"]
    return note_id


@contextmanager
def web_socket(site: str, cookie: str, path: str = "/api/realtime") -> Iterator[ClientConnection]:
    """As the page opens it. `cookie`: the header, which says whose session it is."""
    url, headers = f"{site.replace('http', 'ws', 1)}{path}", {"cookie": cookie}
    with connect(url, origin=Origin(site), additional_headers=headers, proxy=None) as socket:
        yield socket
