"""Who may no longer be here is sent away at once, whatever was missed."""

import json

from services.common.identity import Identity
from services.common.ids import new_id
from services.common.revocations import CHANNEL, Revocation
from tests.support.notes import Note, insert_notes, insert_workspace
from tests.support.realtime import Realtime
from tests.support.writer import Writer
from tests.unit.realtime.test_events import closed

INSERT = """insert into sessions (id, user, generation, rotated, created, expires)
values (:id, :user, 1, 1, 1, 9000000000000)"""


def signed_in(realtime: Realtime, user: str | None = None) -> Identity:
    """Somebody with a session that is there."""
    who = Identity(user=user or new_id(), name="Ada", session=new_id())
    realtime.database.execute(INSERT, {"id": who.session, "user": who.user})
    return who


def tell(realtime: Realtime, revocation: Revocation) -> None:
    realtime.publish(CHANNEL, revocation.model_dump_json(exclude_none=True))


def test_a_session_that_ends_closes_its_sockets_and_no_others(realtime: Realtime, note: str) -> None:
    phone = signed_in(realtime)
    desk = signed_in(realtime, phone.user)
    target = f"/api/realtime/notes/{note}"
    with (
        realtime.opened(phone) as events,
        realtime.opened(phone, target) as writing,
        realtime.opened(desk) as other,
    ):
        assert json.loads(other.recv(timeout=20))["type"] in ("ready", "unread")
        Writer(writing).come_in()
        tell(realtime, Revocation(kind="session", session=phone.session))
        assert closed(events) == 4401
        assert Writer(writing).closed() == 4401
        tell(realtime, Revocation(kind="user", user=desk.user, but=desk.session))
        other.send('{"type":"ping"}')
        while json.loads(other.recv(timeout=20))["type"] != "pong":
            pass
        tell(realtime, Revocation(kind="user", user=desk.user))
        assert closed(other) == 4401


def test_a_membership_that_changes_closes_the_notes_of_its_workspace(realtime: Realtime) -> None:
    who = signed_in(realtime)
    note = private(realtime, who)
    target = f"/api/realtime/notes/{note.id}"
    revocation = Revocation(kind="membership", workspace=note.workspace, user=who.user)
    with realtime.opened(who, target) as socket:
        writer = Writer(socket).come_in()
        assert writer.may_write
        writer.write("typing ")
        insert_workspace(realtime.database, note.workspace, open=False, roles={who.user: "viewer"})
        tell(realtime, revocation)
        assert writer.closed() == 1001
    with realtime.opened(who, target) as socket:
        reader = Writer(socket).come_in()
        assert reader.may_write is False
        leave(realtime, who)
        tell(realtime, revocation)
        assert reader.closed() == 1001
    with realtime.opened(who, target) as socket:
        assert Writer(socket).closed() == 4403


def private(realtime: Realtime, editor: Identity) -> Note:
    """A note of a workspace for its members only."""
    [note] = insert_notes(realtime.database, f"w-{new_id()}", 1, open=False)
    insert_workspace(realtime.database, note.workspace, open=False, roles={editor.user: "editor"})
    return note


def leave(realtime: Realtime, who: Identity) -> None:
    realtime.database.execute("delete from memberships where user = :user", {"user": who.user})


def test_a_token_whose_session_has_ended_does_not_stay(realtime: Realtime) -> None:
    with realtime.opened(Identity(user=new_id(), name="Ada", session=new_id())) as socket:
        assert closed(socket) == 4401


def test_what_ended_while_redis_was_away_is_seen_to(realtime: Realtime) -> None:
    out, removed, member = (signed_in(realtime) for _ in range(3))
    notes = [private(realtime, each) for each in (removed, member)]
    with (
        realtime.opened(out) as events,
        realtime.opened(removed, f"/api/realtime/notes/{notes[0].id}") as of_removed,
        realtime.opened(member, f"/api/realtime/notes/{notes[1].id}") as of_member,
    ):
        assert json.loads(events.recv(timeout=20))["type"] in ("ready", "unread")
        leaving, staying = Writer(of_removed).come_in(), Writer(of_member).come_in()
        with realtime.cache.down():
            realtime.database.execute("delete from sessions where id = :id", {"id": out.session})
            leave(realtime, removed)
        assert closed(events) == 4401
        assert leaving.closed() == 1001
        staying.write("still here ")
        staying.until_saved()
