"""What a connected client hears, and when it is let go."""

import json
import signal
import time
from contextlib import ExitStack, suppress

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from services.common.events import EVERYBODY, channel_of, digest_event, job_event
from services.common.identity import Identity
from services.realtime.limits import Limits
from tests.support.realtime import Realtime

READY = {"type": "ready"}


def heard(socket: ClientConnection) -> object:
    """The next event; how many notifications are unread is another test's."""
    while (event := json.loads(socket.recv(timeout=30)))["type"] == "unread":
        pass
    return event


def told(socket: ClientConnection) -> object:
    """The next event that is no further `ready`: a slow restart of Redis may take several subscriptions."""
    while (event := heard(socket)) == READY:
        pass
    return event


def closed(socket: ClientConnection) -> int:
    """The code with which the server says goodbye."""
    end = time.monotonic() + 30
    with suppress(ConnectionClosed):
        while True:
            socket.recv(timeout=max(0.01, end - time.monotonic()))
    assert socket.close_code is not None
    return socket.close_code


def test_a_person_hears_their_own_events_and_those_for_everybody(
    realtime: Realtime, ada: Identity, eve: Identity
) -> None:
    with realtime.opened(ada) as first, realtime.opened(ada) as second, realtime.opened(eve) as other:
        assert [heard(each) for each in (first, second, other)] == [READY] * 3
        realtime.publish(channel_of(ada.user), job_event("e-1", "export", "done"))
        realtime.publish(EVERYBODY, digest_event(7))
        told = [
            {"type": "job", "id": "e-1", "kind": "export", "state": "done"},
            {"type": "digest", "refreshed": 7},
        ]
        assert [heard(first), heard(first)] == told
        assert [heard(second), heard(second)] == told
        assert heard(other) == told[1]


def test_what_is_no_event_ends_nothing(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        assert heard(socket) == READY
        for nonsense in ("{", "[]", "{}", "null"):
            realtime.publish(channel_of(ada.user), nonsense)
        told = job_event("e-1", "export", "done")
        realtime.publish(channel_of(ada.user), told)
        while socket.recv(timeout=30) != told:
            pass


def test_who_comes_back_hears_again(realtime: Realtime, ada: Identity) -> None:
    for number in range(3):
        with realtime.opened(ada) as socket:
            assert heard(socket) == READY
            realtime.publish(channel_of(ada.user), job_event(str(number), "export", "done"))
            assert heard(socket) == {"type": "job", "id": str(number), "kind": "export", "state": "done"}


def test_a_client_that_cannot_ping_otherwise_may_say_it(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        assert heard(socket) == READY
        socket.send('{"type":"ping"}')
        assert heard(socket) == {"type": "pong"}
        socket.send(['{"type":', '"ping"}'])
        assert heard(socket) == {"type": "pong"}


@pytest.mark.parametrize(
    "message", ["hello", "{}", "[]", '{"type":"export"}', '{"type":"ping","x":1}', "\ud7ff"]
)
def test_anything_else_is_against_the_rules(realtime: Realtime, ada: Identity, message: str) -> None:
    with realtime.opened(ada) as socket:
        socket.send(message)
        assert closed(socket) == 1008


def test_binary_messages_are_not_taken(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        socket.send(b"\x00")
        assert closed(socket) == 1003


def test_a_message_that_is_too_large_ends_the_connection(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        socket.send("x" * (Limits().message_bytes + 1))
        assert closed(socket) == 1009


def test_the_parts_of_a_message_are_as_limited_as_one(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        with suppress(ConnectionClosed):
            socket.send(["x" * 10_000] * 3)
        assert closed(socket) == 1009


def test_a_person_has_a_limit_of_connections(realtime: Realtime, ada: Identity, eve: Identity) -> None:
    with ExitStack() as opened:
        for _ in range(Limits().connections_of_one_person):
            opened.enter_context(realtime.opened(ada))
        with realtime.opened(ada) as refused:
            assert closed(refused) == 1013
            assert refused.close_reason == "you have too many connections"
        with realtime.opened(eve) as other:
            assert heard(other) == READY


def test_a_restart_of_redis_is_survived_and_told(realtime: Realtime, ada: Identity, eve: Identity) -> None:
    with realtime.opened(ada) as socket, ExitStack() as opened:
        assert heard(socket) == READY
        with realtime.cache.down():
            newcomer = opened.enter_context(realtime.opened(eve))
        # Something may have been missed.
        assert heard(socket) == READY
        assert heard(newcomer) == READY
        realtime.publish(channel_of(ada.user), job_event("e-2", "export", "done"))
        realtime.publish(channel_of(eve.user), job_event("e-3", "export", "done"))
        assert told(socket) == {"type": "job", "id": "e-2", "kind": "export", "state": "done"}
        assert told(newcomer) == {"type": "job", "id": "e-3", "kind": "export", "state": "done"}


def test_a_stop_says_goodbye_to_everybody(realtime: Realtime, ada: Identity, eve: Identity) -> None:
    with realtime.another() as own:
        stopping = own.service
        with own.opened(ada) as first, own.opened(eve) as second:
            assert [heard(first), heard(second)] == [READY] * 2
            stopping.process.send_signal(signal.SIGTERM)
            assert [closed(first), closed(second)] == [1012, 1012]
        assert stopping.process.wait(10) == 0
        assert [line["code"] for line in stopping.lines() if line["event"] == "closed"] == [1012, 1012]


def test_a_stop_does_not_wait_for_a_client_that_is_silent(realtime: Realtime, ada: Identity) -> None:
    with realtime.another() as own:
        stopping = own.service
        with own.opened(ada) as socket:
            assert heard(socket) == READY
            socket.socket.settimeout(0)
            stopping.process.send_signal(signal.SIGTERM)
            assert stopping.process.wait(Limits().drain_seconds + 5) == 0


def test_a_connection_leaves_a_line_when_it_comes_and_when_it_goes(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        response = socket.response
        assert response is not None
        request = response.headers["x-request-id"]
        socket.close(1000)
    came = realtime.service.logged(event="request", id=request)
    assert (came["tier"], came["route"], came["status"]) == ("realtime", "GET /api/realtime", 101)
    assert realtime.service.logged(event="closed", id=request)["code"] == 1000
    assert ada.user not in realtime.service.log.read_text("utf-8")
