"""Where documents are durable: a log of updates per note, and the state that they are folded into.

Any number of processes may write to one note: an update is only ever added, in one transaction which also
gives what the others have added. Nothing here depends on who else has the note open.
"""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.common.hrana import Argument, Database, Row, Statement
from services.common.identity import Identity
from services.common.ids import DAY_MS, now_ms
from services.realtime.document import seed

NOTE = """select workspace, title, body,
  coalesce((select open from workspaces where id = workspace), 0) as open from notes where id = :note"""
STATE = "select state, through from note_documents where note = :note and through > :through"
LOG = "select number, content from note_updates where note = :note and number > :through order by number"
BEGIN = """insert into note_documents (note, state, through, shown)
select id, :state, 0, updated from notes where id = :note and title = :title and body = :body
on conflict (note) do nothing"""
APPEND = """insert into note_updates (note, number, content, written)
select :note, 1 + max(
  coalesce((select max(number) from note_updates where note = :note), 0),
  coalesce((select through from note_documents where note = :note), 0)
), :content, :now from notes where id = :note"""
FOLD = """insert into note_documents (note, state, through)
select id, :state, :through from notes where id = :note
on conflict (note) do update set state = excluded.state, through = excluded.through
where through < excluded.through"""
FORGET = """delete from note_updates where note = :note
and number <= (select through from note_documents where note = :note)"""
SHOW = """update notes set title = :title, body = :body, updated = max(:now, updated + 1)
where id = :note and (title <> :title or body <> :body)
and updated = (select shown from note_documents where note = :note)
and not exists (select 1 from note_updates where note = :note and number > :through)"""
SHOWN = """update note_documents set shown = (select updated from notes where id = :note)
where note = :note and exists (select 1 from notes where id = :note and title = :title and body = :body)"""
ROW = """select title, body, updated, updated is not shown as edited
from notes join note_documents on note = id where id = :note"""
ADOPT = f"""{APPEND} and updated = :updated
and exists (select 1 from note_documents where note = :note and shown is not :updated)"""  # noqa: S608 - constants only
ADOPTED = "update note_documents set shown = :updated where note = :note"
WROTE = """insert into note_writers (note, user, wrote) values (:note, :user, :now)
on conflict (note, user) do update set wrote = excluded.wrote"""
TELL = """insert into notifications (user, kind, key, subject, title, actor, created)
select user, 'edited', :key, :note, :title, :name, :now from note_writers
where note = :note and user <> :user and user not in (select value from json_each(:present))
on conflict do nothing returning user"""
ROLE = "select role from memberships where workspace = :workspace and user = :user"
LEFT = "select note from note_updates where written < :before group by note limit :limit"

NOTHING = -1
"""Before the first number, and before a state without any updates."""


class NoSuchNote(Exception):
    """It does not exist, or no longer."""


@dataclass(frozen=True)
class Written:
    """What the store has beyond what was asked from, in order, up to and including number `through`."""

    updates: Sequence[bytes]
    through: int
    told: frozenset[str] = frozenset()
    """Users who have a new notification by it."""


@dataclass(frozen=True)
class Loaded(Written):
    """`is_open`: whoever is signed in may write in its workspace."""

    workspace: str = ""
    is_open: bool = False


@dataclass(frozen=True)
class Edited:
    """A note's row that says something else than its document: somebody has edited it past the document."""

    title: str
    body: str
    updated: int


class NoteStore:
    """Every call raises DatabaseFailure; whether it was written is unknown then, and again is harmless."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, note: str) -> Loaded:
        """The whole document. One that has none is made of the note's text. Raises NoSuchNote."""
        row, written = await self._read(note)
        if written.through == NOTHING:
            title, body = str(row["title"]), str(row["body"])
            await self._database.execute(
                BEGIN, {"note": note, "title": title, "body": body, "state": seed(title, body)}
            )
            return await self.load(note)
        workspace, is_open = str(row["workspace"]), row["open"] == 1
        return Loaded(written.updates, written.through, workspace=workspace, is_open=is_open)

    async def append(self, note: str, update: bytes, through: int, also: Sequence[Statement] = ()) -> Written:
        """Adds the update; gives it and what others have written since `through`. Raises NoSuchNote.

        `also` are statements of the same transaction that give the users whom they tell.
        """
        since: dict[str, Argument] = {"note": note, "through": through}
        added, states, log, *others = await self._database.transaction(
            [
                Statement(APPEND, {"note": note, "content": update, "now": now_ms()}),
                Statement(STATE, since),
                Statement(LOG, since),
                *also,
            ]
        )
        if added.changed == 0:
            raise NoSuchNote
        told = {str(row["user"]) for result in others for row in result.rows}
        return replace(_written(states.rows, log.rows, through), told=frozenset(told))

    async def since(self, note: str, through: int) -> Written:
        """What was written since `through`."""
        since: dict[str, Argument] = {"note": note, "through": through}
        read = await self._database.snapshot([Statement(STATE, since), Statement(LOG, since)])
        return _written(read[0].rows, read[1].rows, through)

    async def fold(self, note: str, state: bytes, through: int) -> None:
        """Puts `state`, which holds every update up to `through`, in their place.

        Nothing of a note that is gone.
        """
        folding = Statement(FOLD, {"note": note, "state": state, "through": through})
        await self._database.transaction([folding, Statement(FORGET, {"note": note})])

    async def show(self, note: str, title: str, body: str, through: int) -> Edited | None:
        """Makes the note's row follow its document, unless there are updates after `through`.

        An edited row is left as it is, and given. Raises NoSuchNote.
        """
        text: dict[str, Argument] = {"note": note, "title": title, "body": body}
        *_, read = await self._database.transaction(
            [
                Statement(SHOW, {**text, "through": through, "now": now_ms()}),
                Statement(SHOWN, text),
                Statement(ROW, {"note": note}),
            ]
        )
        if not read.rows:
            raise NoSuchNote
        row = read.rows[0]
        if not row["edited"]:
            return None
        return Edited(str(row["title"]), str(row["body"]), int(row["updated"] or 0))

    async def adopt(self, note: str, update: bytes, updated: int, through: int) -> Written:
        """Adds the update that makes the document follow its edited row, unless another process has."""
        since: dict[str, Argument] = {"note": note, "through": through}
        adopted: dict[str, Argument] = {"note": note, "updated": updated}
        *_, states, log = await self._database.transaction(
            [
                Statement(ADOPT, {**adopted, "content": update, "now": now_ms()}),
                Statement(ADOPTED, adopted),
                Statement(STATE, since),
                Statement(LOG, since),
            ]
        )
        return _written(states.rows, log.rows, through)

    async def role(self, workspace: str, user: str) -> str | None:
        rows = (await self._database.execute(ROLE, {"workspace": workspace, "user": user})).rows
        return str(rows[0]["role"]) if rows else None

    async def left(self, before: int, limit: int) -> Sequence[str]:
        """Notes whose log holds an update from before that time: nobody folded it."""
        rows = (await self._database.execute(LEFT, {"before": before, "limit": limit})).rows
        return [str(row["note"]) for row in rows]

    async def _read(self, note: str) -> tuple[Row, Written]:
        since: dict[str, Argument] = {"note": note, "through": NOTHING}
        statements = [Statement(NOTE, {"note": note}), Statement(STATE, since), Statement(LOG, since)]
        notes, states, log = await self._database.snapshot(statements)
        if not notes.rows:
            raise NoSuchNote
        return notes.rows[0], _written(states.rows, log.rows, NOTHING)


def wrote(note: str, identity: Identity, title: str, present: Sequence[str]) -> Sequence[Statement]:
    """Notes that somebody writes, and tells who has written before and doesn't see it: once a day."""
    now = now_ms()
    about: dict[str, Argument] = {"note": note, "user": identity.user, "now": now}
    key = f"edited {note} {identity.user} {now // DAY_MS}"
    told: dict[str, Argument] = {"key": key, "title": title, "name": identity.name}
    return [Statement(WROTE, about), Statement(TELL, {**about, **told, "present": json.dumps(present)})]


def _written(states: Sequence[Row], log: Sequence[Row], through: int) -> Written:
    updates = [(row["state"], row["through"]) for row in states]
    updates += [(row["content"], row["number"]) for row in log]
    contents, numbers = [], [through]
    for content, number in updates:
        assert isinstance(number, int)
        # libsql-server leaves the padding out.
        contents.append(base64.b64decode(f"{content}=="))
        numbers.append(number)
    return Written(contents, max(numbers))
