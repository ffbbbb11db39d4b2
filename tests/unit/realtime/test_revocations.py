"""Who may no longer be here is sent away at once, whatever was missed."""

import json

from services.common.identity import Identity
from services.common.ids import new_id
from services.common.revocations import CHANNEL, Revocation
from tests.support.notes import insert_notes, insert_workspace
from tests.support.writer import Writer
from tests.unit.realtime.conftest import Realtime
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


def test_a_membership_that_ends_closes_the_notes_of_its_workspace(realtime: Realtime) -> None:
    who = signed_in(realtime)
    [private] = insert_notes(realtime.database, f"w-{new_id()}", 1, open=False)
    insert_workspace(realtime.database, private.workspace, open=False, roles={who.user: "editor"})
    with realtime.opened(who, f"/api/realtime/notes/{private.id}") as socket:
        writer = Writer(socket).come_in()
        tell(realtime, Revocation(kind="membership", workspace=private.workspace, user=who.user))
        assert writer.closed() == 4403


def test_a_token_whose_session_has_ended_does_not_stay(realtime: Realtime) -> None:
    with realtime.opened(Identity(user=new_id(), name="Ada", session=new_id())) as socket:
        assert closed(socket) == 4401


def test_what_ended_while_redis_was_away_is_seen_to(realtime: Realtime) -> None:
    who = signed_in(realtime)
    with realtime.opened(who) as socket:
        assert json.loads(socket.recv(timeout=20))["type"] in ("ready", "unread")
        with realtime.cache.down():
            realtime.database.execute("delete from sessions where id = :id", {"id": who.session})
        assert closed(socket) == 4401
