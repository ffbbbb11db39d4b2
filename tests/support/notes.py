"""Notes put into a database directly, for tests."""

import uuid
from dataclasses import dataclass

from tests.support.sqld import Sqld

EPOCH = 1_790_000_000_000
"""Milliseconds: the creation time of the first note; long before any test writes one."""

INSERT = """insert into notes (id, workspace, title, body, created, updated)
values (:id, :workspace, :title, :body, :created, :updated)"""


@dataclass(frozen=True)
class Note:
    id: str
    workspace: str
    title: str
    body: str
    created: int
    updated: int


def note_id(milliseconds: int, serial: int = 0) -> str:
    """A UUIDv7 of the given time."""
    bits = (milliseconds << 80) | (7 << 76) | (2 << 62) | (serial & ((1 << 62) - 1))
    return str(uuid.UUID(int=bits))


def insert_notes(
    database: Sqld, workspace: str, count: int, *, title: str = "Note", body: str = "Text"
) -> list[Note]:
    """Writes `count` notes, one a second; gives them newest first."""
    notes = [
        Note(
            id=note_id(EPOCH + number * 1000, uuid.uuid4().int),
            workspace=workspace,
            title=f"{title} {number + 1}",
            body=body,
            created=EPOCH + number * 1000,
            updated=EPOCH + number * 1000,
        )
        for number in range(count)
    ]
    database.execute_all([(INSERT, vars(note)) for note in notes])
    return notes[::-1]
