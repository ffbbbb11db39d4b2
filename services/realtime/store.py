"""Where documents are durable: a log of updates per note, and the state that they are folded into.

Any number of processes may write to one note: an update is only ever added, in one transaction which also
gives what the others have added. Nothing here depends on who else has the note open.
"""

import base64
from collections.abc import Sequence
from dataclasses import dataclass

from services.common.hrana import Argument, Database, Row, Statement
from services.common.ids import now_ms
from services.realtime.document import seed

NOTE = "select workspace, title, body from notes where id = :note"
STATE = "select state, through from note_documents where note = :note and through > :through"
LOG = "select number, content from note_updates where note = :note and number > :through order by number"
BEGIN = """insert into note_documents (note, state, through) select id, :state, 0 from notes where id = :note
on conflict (note) do nothing"""
APPEND = """insert into note_updates (note, number, content, written)
select :note, 1 + max(
  coalesce((select max(number) from note_updates where note = :note), 0),
  coalesce((select through from note_documents where note = :note), 0)
), :content, :now from notes where id = :note"""
FOLD = """insert into note_documents (note, state, through) values (:note, :state, :through)
on conflict (note) do update set state = excluded.state, through = excluded.through
where through < excluded.through"""
FORGET = """delete from note_updates where note = :note
and number <= (select through from note_documents where note = :note)"""
SHOW = """update notes set title = :title, body = :body, updated = :now
where id = :note and (title <> :title or body <> :body)
and not exists (select 1 from note_updates where note = :note and number > :through)"""
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


@dataclass(frozen=True)
class Loaded(Written):
    workspace: str


class NoteStore:
    """Every call raises DatabaseFailure; whether it was written is unknown then, and again is harmless."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def load(self, note: str) -> Loaded:
        """The whole document. One that has none is made of the note's text. Raises NoSuchNote."""
        row, written = await self._read(note)
        if written.through == NOTHING:
            begun: dict[str, Argument] = {"note": note, "state": seed(str(row["title"]), str(row["body"]))}
            await self._database.execute(BEGIN, begun)
            row, written = await self._read(note)
        return Loaded(written.updates, written.through, str(row["workspace"]))

    async def append(self, note: str, update: bytes, through: int) -> Written:
        """Adds the update; gives it and what others have written since `through`. Raises NoSuchNote."""
        since: dict[str, Argument] = {"note": note, "through": through}
        added, *read = await self._database.transaction(
            [
                Statement(APPEND, {"note": note, "content": update, "now": now_ms()}),
                Statement(STATE, since),
                Statement(LOG, since),
            ]
        )
        if added.changed == 0:
            raise NoSuchNote
        return _written(read[0].rows, read[1].rows, through)

    async def since(self, note: str, through: int) -> Written:
        """What was written since `through`."""
        since: dict[str, Argument] = {"note": note, "through": through}
        read = await self._database.transaction([Statement(STATE, since), Statement(LOG, since)])
        return _written(read[0].rows, read[1].rows, through)

    async def fold(self, note: str, state: bytes, through: int) -> None:
        """Puts `state`, which holds every update up to `through`, in their place."""
        folding = Statement(FOLD, {"note": note, "state": state, "through": through})
        await self._database.transaction([folding, Statement(FORGET, {"note": note})])

    async def show(self, note: str, title: str, body: str, through: int) -> None:
        """Makes the note's row follow its document, unless there are updates after `through`."""
        shown: dict[str, Argument] = {
            "note": note,
            "title": title,
            "body": body,
            "through": through,
            "now": now_ms(),
        }
        await self._database.execute(SHOW, shown)

    async def left(self, before: int, limit: int) -> Sequence[str]:
        """Notes whose log holds an update from before that time: nobody folded it."""
        rows = (await self._database.execute(LEFT, {"before": before, "limit": limit})).rows
        return [str(row["note"]) for row in rows]

    async def _read(self, note: str) -> tuple[Row, Written]:
        since: dict[str, Argument] = {"note": note, "through": NOTHING}
        statements = [Statement(NOTE, {"note": note}), Statement(STATE, since), Statement(LOG, since)]
        notes, states, log = await self._database.transaction(statements)
        if not notes.rows:
            raise NoSuchNote
        return notes.rows[0], _written(states.rows, log.rows, NOTHING)


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
