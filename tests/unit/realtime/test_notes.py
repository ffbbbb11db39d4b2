"""Several people in one note, against the real process."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from services.common.roles import Role
from services.realtime import protocol
from tests.soak.realtime import LIMITS, held
from tests.support.notes import insert_notes, insert_workspace
from tests.support.process import until
from tests.support.realtime import Realtime
from tests.support.writer import Writer


@contextmanager
def writing(realtime: Realtime, who: Identity, note: str) -> Iterator[Writer]:
    with realtime.opened(who, f"/api/realtime/notes/{note}") as socket:
        yield Writer(socket).come_in()


def test_a_note_of_before_is_there_and_what_is_written_is_heard_and_saved(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with writing(realtime, ada, note) as first, writing(realtime, eve, note) as second:
        assert (str(first.title), str(first.body)) == ("Tide 1", "Low at six.")
        first.write("Now: ")
        first.until_saved()
        second.until_body("Now: Low at six.")
        second.erase(0, 5)
        second.until_saved()
        first.until_body("Low at six.")


def test_the_notes_row_follows_its_document(realtime: Realtime, note: str, ada: Identity) -> None:
    with writing(realtime, ada, note) as writer:
        writer.write("Now: ")
        until(lambda: realtime.row(note) == ("Tide 1", "Now: Low at six.") or None, "the row follows")


def test_what_two_write_at_the_same_place_is_neither_lost_nor_doubled(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with writing(realtime, ada, note) as first, writing(realtime, eve, note) as second:
        for number in range(50):
            first.write(f"<a{number}>")
            second.write(f"<b{number}>")
        first.until_saved()
        second.until_saved()
        written = {f"<{who}{number}>" for who in "ab" for number in range(50)}
        for writer in (first, second):
            writer.until(lambda writer=writer: all(each in str(writer.body) for each in written))
        assert str(first.body) == str(second.body)
        assert len(str(first.body)) == sum(map(len, written)) + len("Low at six.")


def test_people_in_two_processes_write_in_one_note(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with (
        realtime.another() as other,
        writing(realtime, ada, note) as first,
        writing(other, eve, note) as second,
    ):
        first.write("one ")
        second.until_body("one Low at six.")
        second.write("two ", at=4)
        first.until_body("one two Low at six.")
        until(lambda: realtime.row(note)[1] == "one two Low at six." or None, "the row follows")


def test_people_in_two_processes_see_each_other(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with realtime.another() as other, writing(other, eve, note) as second:
        with writing(realtime, ada, note) as first:
            first.socket.send(protocol.awareness([protocol.Presence(7, 1, {"at": 3})]))
            second.until(
                lambda: present(second) == {7: {"at": 3, "user": {"id": ada.user, "name": ada.name}}}
            )
        second.until(lambda: present(second) == {7: None})


def test_nobody_takes_another_name_or_another_ones_presence(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with writing(realtime, ada, note) as first, writing(realtime, eve, note) as second:
        first.socket.send(protocol.awareness([protocol.Presence(7, 1, {"user": {"name": "Eve"}})]))
        second.until(lambda: present(second) == {7: {"user": {"id": ada.user, "name": ada.name}}})
        second.socket.send(protocol.awareness([protocol.Presence(7, 2, {})]))
        assert second.closed() == 1008


def present(writer: Writer) -> dict[int, object]:
    told: dict[int, object] = {}
    for frame in writer.frames:
        message = protocol.decode(frame)
        assert isinstance(message, protocol.Awareness)
        told |= {each.client: each.state for each in message.presences}
    return told


def test_what_was_acknowledged_outlives_a_kill(realtime: Realtime, note: str, ada: Identity) -> None:
    with realtime.another() as other, writing(other, ada, note) as writer:
        for number in range(100):
            writer.write(f"{number},", at=len(str(writer.body)))
        writer.until_saved()
        other.service.process.kill()
    with writing(realtime, ada, note) as again:
        assert str(again.body) == "Low at six." + "".join(f"{number}," for number in range(100))


def test_what_was_not_acknowledged_is_sent_again_and_there_once(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with realtime.another() as other, writing(other, ada, note) as writer:
        writer.write("saved ")
        writer.until_saved()
        other.service.process.send_signal(signal.SIGSTOP)
        writer.write("unsaved ", at=6)
        other.service.process.kill()
    with realtime.opened(ada, f"/api/realtime/notes/{note}") as socket:
        writer.socket, writer.sent, writer.saved, writer.synced = socket, 0, 0, False
        writer.come_in().until(lambda: writer.sent == writer.saved == 1)
        with writing(realtime, eve, note) as reader:
            assert str(reader.body) == "saved unsaved Low at six."


def test_nothing_is_acknowledged_before_it_is_durable(realtime: Realtime, note: str, ada: Identity) -> None:
    """The mutation check of the wait: where Room._save acknowledges before it writes, this fails."""
    with writing(realtime, ada, note) as writer:
        writer.write("before ")
        writer.until_saved()
        # Nothing else is to be written: what waits then is the edit.
        until(lambda: realtime.row(note)[1] == "before Low at six." or None, "the row follows")
        count = "select count(*) from note_updates where note = :note"
        durable = realtime.database.execute(count, {"note": note})
        with realtime.database.locked():
            writer.write("x")
            with pytest.raises(TimeoutError):
                writer.until(lambda: writer.saved == writer.sent, deadline=1.0)
            assert realtime.database.execute(count, {"note": note}) == durable
        writer.until_saved()


def test_a_stop_makes_everything_durable_and_says_goodbye(
    realtime: Realtime, note: str, ada: Identity
) -> None:
    with realtime.another() as stopping, writing(stopping, ada, note) as writer:
        writer.write("last words ")
        stopping.service.process.send_signal(signal.SIGTERM)
        assert writer.closed() == 1012
        assert writer.saved == writer.sent
        assert stopping.service.process.wait(20) == 0
    assert realtime.row(note)[1] == "last words Low at six."


def test_a_note_that_is_not_there_says_so(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada, f"/api/realtime/notes/{new_id()}") as socket:
        assert Writer(socket).closed() == 4404


def test_an_update_that_builds_on_what_is_not_here_makes_its_client_come_in_again(
    realtime: Realtime, note: str, ada: Identity
) -> None:
    with writing(realtime, ada, note) as writer:
        writer.body.insert(0, "never sent ")
        writer.write("sent ")
        assert writer.closed() == 1001
    with realtime.opened(ada, f"/api/realtime/notes/{note}") as socket:
        writer.socket, writer.sent, writer.saved, writer.synced = socket, 0, 0, False
        writer.come_in().until(lambda: writer.sent == writer.saved == 1)
    assert str(writer.body) == "sent never sent Low at six."


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x63", 1008),
        (b"", 1008),
        (protocol.update(b"\xff\xff\xff"), 1007),
        (protocol.step_1(b"\xff"), 1007),
        (protocol.update(b"\x00\x00") + b"more", 1008),
    ],
)
def test_what_is_no_message_ends_the_connection_and_no_other(
    realtime: Realtime, note: str, ada: Identity, eve: Identity, frame: bytes, code: int
) -> None:
    with writing(realtime, ada, note) as other, writing(realtime, eve, note) as writer:
        writer.socket.send(frame)
        assert writer.closed() == code
        other.write("still ")
        other.until_saved()


def test_text_is_not_taken(realtime: Realtime, note: str, ada: Identity) -> None:
    with realtime.opened(ada, f"/api/realtime/notes/{note}") as socket:
        socket.send("hello")
        assert Writer(socket).closed() == 1003


def test_an_edit_of_the_row_is_an_edit_of_the_document(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with writing(realtime, ada, note) as writer:
        writer.write("Now: ")
        until(lambda: realtime.row(note)[1] == "Now: Low at six." or None, "the row follows")
        edit = """update notes set title = 'Ebb', body = 'Now: Low at seven.', updated = updated + 1
          where id = :note"""
        realtime.database.execute(edit, {"note": note})
        writer.write("Right ")
        writer.until_body("Right Now: Low at seven.")
        writer.until(lambda: str(writer.title) == "Ebb")
    with realtime.another() as other, writing(other, eve, note) as reader:
        assert str(reader.body) == "Right Now: Low at seven."


@pytest.mark.parametrize("last_words", ["too late", ""])
def test_a_note_that_is_deleted_ends_its_room(
    realtime: Realtime, note: str, ada: Identity, last_words: str
) -> None:
    with realtime.limited(**LIMITS) as process:
        with writing(process, ada, note) as writer:
            writer.write("in time")
            writer.until_saved()
            for table, column in (("note_updates", "note"), ("note_documents", "note"), ("notes", "id")):
                gone = f"delete from {table} where {column} = :note"  # noqa: S608 - constants only
                realtime.database.execute(gone, {"note": note})
            if last_words:
                writer.write(last_words)
            assert writer.closed() == 4404
        assert held(process.service, 1).rooms == 0
    for table in ("note_documents", "note_updates"):
        left = f"select count(*) from {table} where note = :note"  # noqa: S608 - constants only
        assert realtime.database.execute(left, {"note": note}) == [["0"]]


@pytest.mark.parametrize(("role", "may_write"), [("viewer", False), ("editor", True), ("owner", True)])
def test_members_read_and_editors_write(realtime: Realtime, role: Role, may_write: bool) -> None:
    who = Identity(user=new_id(), name="Ada")
    [private] = insert_notes(realtime.database, f"w-{new_id()}", 1, open=False)
    insert_workspace(realtime.database, private.workspace, open=False, roles={who.user: role})
    with writing(realtime, who, private.id) as writer:
        assert writer.may_write is may_write
        writer.write("x")
        if may_write:
            writer.until_saved()
        else:
            assert writer.closed() == 4403


def test_others_do_not_come_in(realtime: Realtime, ada: Identity) -> None:
    [private] = insert_notes(realtime.database, f"w-{new_id()}", 1, open=False)
    with realtime.opened(ada, f"/api/realtime/notes/{private.id}") as socket:
        assert Writer(socket).closed() == 4403
