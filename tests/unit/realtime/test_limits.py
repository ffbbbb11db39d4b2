"""What a client, a person, a workspace and a note may take: who takes more is slowed or let go, no other."""

import struct
from contextlib import suppress
from typing import Any

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from services.common.events import channel_of, job_event
from services.common.identity import Identity
from services.common.ids import new_id
from services.realtime import protocol
from services.realtime.limits import Limits
from tests.support.notes import insert_notes
from tests.support.realtime import Realtime
from tests.support.writer import Writer
from tests.unit.realtime.test_events import READY, heard
from tests.unit.realtime.test_notes import writing

FAST = 1e9
"""A rate that nobody reaches."""
UNLIMITED = {
    "connection_rate": FAST,
    "person_rate": FAST,
    "workspace_rate": FAST,
    "presence_bytes": 1_000_000,
}
ROOM_IN_THE_KERNEL = 16 * 1024 * 1024
"""More than both sockets of a connection hold."""
UNREAD: dict[str, Any] = {"max_queue": 1, "max_size": None, "close_timeout": 0.1}
"""Of a client that reads no further than two frames unless it is asked to, nor its server's goodbye."""


def flood(writer: Writer) -> None:
    """Says more of itself than a client that doesn't read can hold."""
    told = {"filler": "x" * 500_000}
    for clock in range(ROOM_IN_THE_KERNEL // 500_000):
        writer.socket.send(protocol.awareness([protocol.Presence(7, clock, told)]))
        # Each on its own: what comes at once is told at once.
        writer.write("-")
        writer.until_saved()


def test_who_does_not_read_is_dropped_with_the_code_for_it_and_the_room_goes_on(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with (
        realtime.limited(**UNLIMITED, behind_seconds=0.5) as hasty,
        hasty.opened(eve, f"/api/realtime/notes/{note}", **UNREAD),
        writing(hasty, ada, note) as writer,
    ):
        flood(writer)
        # Of the service's own: before its client sees it, that would have to read all that waits.
        hasty.service.logged(event="closed", code=4408)
        writer.write("still ")
        writer.until_saved()


def test_who_does_not_read_their_events_is_let_go_with_the_code_for_it(
    realtime: Realtime, ada: Identity, eve: Identity
) -> None:
    with (
        realtime.limited() as process,
        process.opened(ada, **UNREAD) as slow,
        process.opened(eve) as other,
    ):
        assert heard(slow) == heard(other) == READY
        for _ in range(ROOM_IN_THE_KERNEL // 500_000):
            process.publish(channel_of(ada.user), job_event("e-1", "export", "dead", error="x" * 500_000))
        process.service.logged(event="closed", code=4408)
        process.publish(channel_of(eve.user), job_event("e-2", "export", "done"))
        assert heard(other) == {"type": "job", "id": "e-2", "kind": "export", "state": "done"}


def test_who_reads_again_in_time_has_missed_nothing(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with (
        realtime.limited(**UNLIMITED) as patient,
        patient.opened(eve, f"/api/realtime/notes/{note}", **UNREAD) as socket,
        writing(patient, ada, note) as writer,
    ):
        slow = Writer(socket).come_in()
        flood(writer)
        slow.until_body(str(writer.body))
        slow.write("and I ")
        slow.until_saved()


@pytest.mark.parametrize("rate", ["connection_rate", "person_rate", "workspace_rate"])
def test_who_sends_too_much_is_read_from_more_slowly(
    realtime: Realtime, note: str, ada: Identity, eve: Identity, rate: str
) -> None:
    [elsewhere] = insert_notes(realtime.database, f"w-{new_id()}", 1)
    with (
        realtime.limited(**{**UNLIMITED, rate: 1024.0}) as limited,
        # Its goodbye isn't read either.
        limited.opened(ada, f"/api/realtime/notes/{note}", close_timeout=0.1) as socket,
        writing(limited, eve, elsewhere.id) as other,
    ):
        writer = Writer(socket).come_in()
        writer.until_saved()
        writer.write("x" * 30_000)
        writer.until_saved()
        writer.write("more")
        other.write("still ")
        other.until_saved()
        with pytest.raises(TimeoutError):
            writer.until(lambda: writer.saved == writer.sent, deadline=0.2)


def frame(first: int, content: bytes = b"") -> bytes:
    """Of a client; `content` is short."""
    return struct.pack("!BB4s", first, 0x80 | len(content), b"\0\0\0\0") + content


NOTHING_NEW = protocol.update(b"\0\0")
MANY = 20_000
"""Far more than is read at once."""


@pytest.mark.parametrize(
    ("flood", "most"),
    [
        pytest.param(frame(0x82, NOTHING_NEW) * MANY, MANY // 4, id="messages"),
        pytest.param(frame(0x89) * MANY + frame(0x82, NOTHING_NEW), 0, id="pings"),
        pytest.param(frame(0x02) + frame(0x00) * MANY + frame(0x80, NOTHING_NEW), 0, id="empty parts"),
    ],
)
def test_small_messages_are_as_limited_as_large_ones(
    realtime: Realtime, note: str, ada: Identity, eve: Identity, flood: bytes, most: int
) -> None:
    rate = 20 * Limits().message_cost
    with (
        realtime.limited(**{**UNLIMITED, "connection_rate": rate}) as limited,
        limited.opened(ada, f"/api/realtime/notes/{note}", close_timeout=0.1) as socket,
        writing(limited, eve, note) as other,
    ):
        writer = Writer(socket).come_in()
        writer.until_saved()
        before = writer.saved
        socket.socket.sendall(flood)
        other.write("still ")
        other.until_saved()
        with pytest.raises(TimeoutError):
            writer.until(lambda: writer.saved > before + most, deadline=0.5)


def test_who_asks_and_does_not_read_is_answered_once(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    with (
        realtime.limited(**UNLIMITED, behind_seconds=0.5) as limited,
        writing(limited, ada, note) as writer,
        limited.opened(eve, f"/api/realtime/notes/{note}", **UNREAD) as socket,
    ):
        writer.write("x" * 900_000)
        writer.until_saved()
        process = psutil.Process(limited.service.process.pid)
        before = process.memory_info().rss
        for _ in range(20):
            socket.socket.sendall(frame(0x82, protocol.step_1(b"\0")) * 50)
            writer.write("still ")
            writer.until_saved()
        # A thousand answers are 900 MB.
        assert process.memory_info().rss < before + 100e6
        limited.service.logged(event="closed", code=4408)


@pytest.mark.parametrize("parts", [1, 2])
def test_a_note_has_a_largest_message(realtime: Realtime, note: str, ada: Identity, parts: int) -> None:
    with realtime.opened(ada, f"/api/realtime/notes/{note}") as socket:
        writer = Writer(socket).come_in()
        with suppress(ConnectionClosed):
            for _ in range(2):
                socket.send([b"x" * (Limits().note_message_bytes // parts + 1)] * parts)
        assert writer.closed() == 1009


def test_presence_has_a_largest_size(realtime: Realtime, note: str, ada: Identity) -> None:
    with writing(realtime, ada, note) as writer:
        told = {"filler": "x" * Limits().presence_bytes}
        writer.socket.send(protocol.awareness([protocol.Presence(7, 1, told)]))
        assert writer.closed() == 1008


def test_a_full_note_says_so_and_stays_readable(realtime: Realtime, note: str, ada: Identity) -> None:
    with realtime.limited(document_bytes=10_000) as limited:
        with writing(limited, ada, note) as writer:
            writer.write("x" * 10_000)
            assert writer.closed() == 4413
        with writing(limited, ada, note) as reader:
            assert str(reader.body) == "Low at six."


def test_edits_wait_for_the_database_up_to_a_limit(realtime: Realtime, note: str, ada: Identity) -> None:
    with realtime.limited(unsaved_bytes=5_000) as limited, writing(limited, ada, note) as writer:
        writer.until_saved()
        with realtime.database.locked():
            for _ in range(3):
                writer.write("x" * 2_000)
            assert writer.closed() == 1013


def test_a_workspace_has_a_limit_of_connections(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    [elsewhere] = insert_notes(realtime.database, f"w-{new_id()}", 1)
    with (
        realtime.limited(connections_of_one_workspace=1) as limited,
        writing(limited, ada, note) as writer,
        limited.opened(eve, f"/api/realtime/notes/{note}") as refused,
    ):
        assert Writer(refused).closed() == 1013
        with writing(limited, eve, elsewhere.id) as other:
            other.until_saved()
        writer.write("still ")
        writer.until_saved()


def test_a_process_has_a_limit_of_notes(realtime: Realtime, note: str, ada: Identity) -> None:
    [other] = insert_notes(realtime.database, "harbour", 1)
    with realtime.limited(rooms=1) as limited, writing(limited, ada, note) as writer:
        with limited.opened(ada, f"/api/realtime/notes/{other.id}") as refused:
            assert Writer(refused).closed() == 1013
        writer.write("still ")
        writer.until_saved()
