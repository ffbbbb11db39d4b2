"""Notes put into a database directly, for tests."""

import uuid
from collections.abc import Mapping
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


WORKSPACE = """insert into workspaces (id, name, open, created) values (:id, :id, :open, :created)
on conflict (id) do update set open = excluded.open"""
MEMBERSHIP = """insert into memberships (workspace, user, role, created)
values (:workspace, :user, :role, :created)
on conflict (workspace, user) do update set role = excluded.role"""


def insert_workspace(
    database: Sqld,
    workspace: str,
    roles: Mapping[str, str] | None = None,
    *,
    open: bool = True,  # noqa: A002 - the column's name
) -> None:
    """Makes the workspace, open for everybody or for its members only; `roles` by user."""
    made: list[tuple[str, Mapping[str, str | int | None]]] = [
        (WORKSPACE, {"id": workspace, "open": int(open), "created": EPOCH})
    ]
    for user, role in (roles or {}).items():
        made.append((MEMBERSHIP, {"workspace": workspace, "user": user, "role": role, "created": EPOCH}))
    database.execute_all(made)


def insert_notes(
    database: Sqld,
    workspace: str,
    count: int,
    *,
    title: str = "Note",
    body: str = "Text",
    open: bool = True,  # noqa: A002 - the column's name
) -> list[Note]:
    """Writes `count` notes, one a second, into a workspace that is made so; gives them newest first."""
    insert_workspace(database, workspace, open=open)
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
