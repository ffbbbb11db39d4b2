"""Notifications: kept, in order, resumed after any interruption, over WebSocket and as server-sent events."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import httpx
import pytest
from websockets.sync.client import ClientConnection

from services.common.events import channel_of, notification_event
from services.common.identity import Identity
from services.common.ids import new_id
from services.common.notifications import notify
from services.common.revocations import Revocation
from tests.support.realtime import TARGET, Realtime
from tests.support.services import FrontDoor, Service, service
from tests.support.sse import events
from tests.support.writer import Writer
from tests.unit.realtime.test_revocations import signed_in
from tests.unit.realtime.test_revocations import tell as revoke

STREAM = "/api/notifications/stream"


def tell(realtime: Realtime, who: Identity, *titles: str, nudge: bool = True) -> None:
    """As the services do it: written, then nudged."""
    for title in titles:
        statement = notify(who.user, "edited", key=title, subject=new_id(), title=title, actor="Eve")
        realtime.database.execute(statement.sql, statement.args)  # type: ignore[arg-type] # no blobs in it
    if nudge:
        realtime.publish(channel_of(who.user), notification_event())


def heard(socket: ClientConnection, kind: str) -> dict[str, Any]:
    """The next event of this kind."""
    while True:
        event: dict[str, Any] = json.loads(socket.recv(timeout=20))
        if event["type"] == kind:
            return event


def test_what_is_told_is_heard_and_counted_on_every_device(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as desk, realtime.opened(ada) as phone:
        for device in (desk, phone):
            assert heard(device, "unread") == {"type": "unread", "count": 0}
        tell(realtime, ada, "Tide", "Wind")
        for device in (desk, phone):
            assert [heard(device, "notification")["title"] for _ in range(2)] == ["Tide", "Wind"]
            assert heard(device, "unread")["count"] == 2


def test_who_was_away_goes_on_from_the_last_one_seen(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        assert heard(socket, "unread")["count"] == 0
        tell(realtime, ada, "one")
        seen = heard(socket, "notification")["id"]
    tell(realtime, ada, "two", "three")
    with realtime.opened(ada, f"{TARGET}?after={seen}") as socket:
        assert [heard(socket, "notification")["title"] for _ in range(2)] == ["two", "three"]
        assert heard(socket, "unread")["count"] == 3


def test_who_has_seen_more_than_there_is_since_a_restore_misses_nothing_new(
    realtime: Realtime, ada: Identity
) -> None:
    with realtime.opened(ada, f"{TARGET}?after=999999999999") as socket:
        assert heard(socket, "unread")["count"] == 0
        tell(realtime, ada, "after the restore")
        assert heard(socket, "notification")["title"] == "after the restore"


def test_the_same_is_told_once(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada, f"{TARGET}?after=0") as socket:
        tell(realtime, ada, "one", "one", "one")
        assert heard(socket, "notification")["title"] == "one"
        assert heard(socket, "unread")["count"] == 1


def test_a_restart_of_redis_loses_no_notification(realtime: Realtime, ada: Identity) -> None:
    with realtime.opened(ada) as socket:
        assert heard(socket, "unread")["count"] == 0
        with realtime.cache.down():
            tell(realtime, ada, "meanwhile", nudge=False)
        assert heard(socket, "notification")["title"] == "meanwhile"


def test_more_than_fit_in_one_reading_come_all_and_in_order(realtime: Realtime, ada: Identity) -> None:
    titles = [str(number) for number in range(250)]
    tell(realtime, ada, *titles, nudge=False)
    with realtime.opened(ada, f"{TARGET}?after=0") as socket:
        assert [heard(socket, "notification")["title"] for _ in titles] == titles


def test_who_has_written_in_a_note_is_told_when_somebody_else_does(
    realtime: Realtime, note: str, ada: Identity, eve: Identity
) -> None:
    target = f"/api/realtime/notes/{note}"
    with realtime.opened(ada, target) as socket:
        writer = Writer(socket).come_in()
        writer.write("mine ")
        writer.until_saved()
        assert socket.response is not None
        request = socket.response.headers["x-request-id"]
    realtime.service.logged(event="closed", id=request)
    with realtime.opened(ada) as page:
        assert heard(page, "unread")["count"] == 0
        with realtime.opened(eve, target) as socket:
            writer = Writer(socket).come_in()
            writer.write("hers ")
            writer.until_saved()
        told = heard(page, "notification")
    assert (told["kind"], told["subject"], told["title"], told["actor"]) == ("edited", note, "Tide 1", "Eve")


@pytest.fixture(scope="module")
def api(realtime: Realtime) -> Iterator[FrontDoor]:
    with service("api", realtime.folder, realtime.variables) as process:
        yield FrontDoor(process, realtime.door.key)


@contextmanager
def streamed(
    api: FrontDoor, who: Identity, query: str = "", **headers: str
) -> Iterator[Iterator[dict[str, str]]]:
    target = f"{STREAM}{query}"
    every = {**api.headers("GET", target, who), **headers}
    with (
        httpx.Client(timeout=20, trust_env=False) as client,
        client.stream("GET", f"{api.service.url}{target}", headers=every) as response,
    ):
        assert response.status_code == 200
        assert response.headers["content-type"] == "text/event-stream"
        yield events(response)


def test_the_same_comes_as_server_sent_events(realtime: Realtime, api: FrontDoor, ada: Identity) -> None:
    with streamed(api, ada) as stream:
        assert next(stream) == {"event": "unread", "data": '{"count":0}'}
        tell(realtime, ada, "Tide")
        told = next(stream)
        assert (told["event"], json.loads(told["data"])["title"]) == ("notification", "Tide")
        assert next(stream)["data"] == '{"count":1}'
    tell(realtime, ada, "Wind")
    with streamed(api, ada, **{"last-event-id": told["id"]}) as stream:
        assert json.loads(next(stream)["data"])["title"] == "Wind"
    with streamed(api, ada, f"?after={told['id']}") as stream:
        assert json.loads(next(stream)["data"])["title"] == "Wind"


def test_a_stream_ends_with_its_session(realtime: Realtime, api: FrontDoor) -> None:
    phone = signed_in(realtime)
    desk = signed_in(realtime, phone.user)
    with streamed(api, phone) as stream, streamed(api, desk) as other:
        assert next(stream)["event"] == next(other)["event"] == "unread"
        revoke(realtime, Revocation(kind="session", session=phone.session))
        assert list(stream) == []
        tell(realtime, desk, "Tide")
        assert next(other)["event"] == "notification"
    with streamed(api, Identity(user=new_id(), name="Ada", session=new_id())) as stream:
        assert all(event["event"] == "unread" for event in stream)


def test_what_is_read_on_one_device_is_read_on_all(realtime: Realtime, api: FrontDoor, ada: Identity) -> None:
    tell(realtime, ada, "one", "two")
    with realtime.opened(ada, f"{TARGET}?after=0") as desk, streamed(api, ada) as phone:
        first, _ = (heard(desk, "notification")["id"] for _ in range(2))
        assert heard(desk, "unread")["count"] == 2
        assert next(phone)["data"] == '{"count":2}'
        answer = api.ask("POST", "/api/notifications/read", ada, json={"through": first})
        assert (answer.status_code, answer.json()) == (200, {"unread": 1})
        assert heard(desk, "unread")["count"] == 1
        assert next(phone)["data"] == '{"count":1}'


def test_a_stop_ends_the_streams(realtime: Realtime, ada: Identity) -> None:
    with service("api", realtime.folder, realtime.variables) as stopping:
        with streamed(FrontDoor(stopping, realtime.door.key), ada) as stream:
            next(stream)
            stopping.process.send_signal(signal.SIGTERM)
            with suppress(httpx.RemoteProtocolError):
                assert list(stream) == []
        assert stopping.process.wait(20) == 0
        assert _ended(stopping)


def _ended(stopping: Service) -> bool:
    return any(line["event"] == "stop" for line in stopping.lines())
