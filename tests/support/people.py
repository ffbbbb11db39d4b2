"""Somebody who has signed up with a running stack."""

import functools
import uuid

import httpx


@functools.cache
def member(site: str) -> httpx.Client:
    """One person a site: passwords are dear to hash, and how many may be is limited."""
    client = httpx.Client(base_url=site, timeout=20, trust_env=False)
    account = {
        "email": f"{uuid.uuid4().hex}@harbour.example",
        "name": "Ada Harbour",
        "password": "correct horse",
    }
    client.post("/api/sign-up", json=account).raise_for_status()
    return client


def write_note(site: str, title: str, body: str = "") -> str:
    """Writes a note into the harbour; gives its id."""
    response = member(site).post("/api/notes", json={"title": title, "body": body}).raise_for_status()
    note_id: str = response.json()["id"]
    return note_id
