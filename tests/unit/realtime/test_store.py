"""What is kept of a note: no more than it needs, and as fast to open after any number of edits."""

import asyncio
import random
import statistics
import time

import pytest
from pycrdt import Doc, Text

from services.common.hrana import Database
from services.common.identity import Identity
from services.realtime import protocol
from services.realtime.document import Document
from services.realtime.limits import Limits
from services.realtime.store import NoteStore
from services.realtime.updates import BODY
from services.settings import RealtimeSettings, load
from tests.support.notes import insert_notes
from tests.support.process import until
from tests.support.realtime import Realtime
from tests.unit.realtime.test_limits import UNLIMITED
from tests.unit.realtime.test_notes import writing

EDITS = 100_000
TOGETHER = 500
"""Edits of one message: what was typed offline comes so."""
TYPED = 25
"""Edits at one place, before somebody types elsewhere."""


def log_of(realtime: Realtime, note: str) -> int:
    [[count]] = realtime.database.execute(
        "select count(*) from note_updates where note = :note", {"note": note}
    )
    return int(count or 0)


def test_who_comes_in_with_nothing_new_adds_nothing(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with writing(realtime, ada, note) as writer:
        writer.until(lambda: writer.saved == writer.sent == 1)
        assert log_of(realtime, note) == 0
        writer.write("one two ")
        writer.erase(0, 4)
        writer.until_saved()
        kept = log_of(realtime, note)
        with realtime.opened(eve, f"/api/realtime/notes/{note}") as socket:
            again = type(writer)(socket, doc=writer.doc).come_in()
            again.until(lambda: again.saved == again.sent == 1)
        assert log_of(realtime, note) == kept


def test_an_edit_brought_twice_is_not_acknowledged_before_it_is_durable(
    realtime: Realtime, note: str, ada: Identity
) -> None:
    with writing(realtime, ada, note) as writer:
        writer.write("before ")
        writer.until_saved()
        until(lambda: realtime.row(note)[1] == "before Low at six." or None, "the row follows")
        with writing(realtime, ada, note) as again, realtime.database.locked():
            again.until_saved()
            writer.write("x")
            again.until_body("xbefore Low at six.")
            # What it brings as one that comes in again.
            again.socket.send(protocol.step_2(b"\0\0"))
            again.sent += 1
            with pytest.raises(TimeoutError):
                again.until(lambda: again.saved == again.sent, deadline=1.0)
        writer.until_saved()


def typed(count: int) -> list[bytes]:
    """So many edits of one person, here and there in the text."""
    chance = random.Random(7)  # noqa: S311 - the same every time
    doc: Doc[Text] = Doc()
    text, length, at = doc.get(BODY, type=Text), 0, 0
    messages = []
    for _ in range(count // TOGETHER):
        before = doc.get_state()
        for number in range(TOGETHER):
            if number % TYPED == 0:
                at = chance.randrange(length + 1)
            text.insert(at, chance.choice("abcdefgh "))
            at, length = at + 1, length + 1
        messages.append(doc.get_update(before))
    return messages


def test_a_note_with_100_000_edits_is_small_and_opens_as_fast_as_its_text(
    realtime: Realtime, note: str, ada: Identity
) -> None:
    with realtime.limited(**UNLIMITED, linger_seconds=0.1) as limited:
        with writing(limited, ada, note) as writer:
            for message in typed(EDITS):
                writer.doc.apply_update(message)
                writer.send(message)
            writer.until_saved()
            text = str(writer.body)
            assert log_of(realtime, note) <= Limits().log_updates + 1
        until(lambda: log_of(realtime, note) == 0 or None, "the log is folded")
    [[state]] = realtime.database.execute(
        "select length(state) from note_documents where note = :note", {"note": note}
    )
    # Of 4,000 places with 25 letters each: some 45 bytes for a place beside its letters.
    assert int(state or 0) < 3 * len(text)

    [plain] = insert_notes(realtime.database, "harbour", 1, body=text)
    ratio = asyncio.run(opened(realtime, note, plain.id))
    assert ratio < 5, f"opening it takes {ratio:.1f} times as long"


async def opened(realtime: Realtime, edited: str, plain: str) -> float:
    """The median ratio of what it takes to read the two notes as a room does, and give them to a client."""
    database = Database(load(RealtimeSettings, realtime.variables))
    store = NoteStore(database)

    async def seconds(note: str) -> float:
        started = time.perf_counter()
        document = Document()
        for update in (await store.load(note)).updates:
            document.apply(update)
        document.since(b"\0")
        return time.perf_counter() - started

    await seconds(plain)
    ratios = [await seconds(edited) / await seconds(plain) for _ in range(9)]
    await database.close()
    return statistics.median(ratios)
