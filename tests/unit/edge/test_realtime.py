"""The WebSocket through the edge: who may open one, and that it passes in both directions."""

import json
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from services.common.events import channel_of, notification_event
from services.common.notifications import notify
from tests.support.services import environment, service
from tests.support.sqld import Sqld
from tests.support.sse import events
from tests.support.workerd import Redis, Server, Servers, edge
from tests.unit.edge.conftest import ProblemCheck
from tests.unit.edge.stack import Stack, new_user


@contextmanager
def opened(servers: Stack, url: str, user: str = "ada", **changes: Any) -> Iterator[ClientConnection]:
    headers = {"cookie": f"session={servers.token(user)}", "origin": url, **changes.pop("headers", {})}
    address = f"{url.replace('http', 'ws', 1)}/api/realtime"
    sent = {name: value for name, value in headers.items() if value is not None}
    with connect(address, additional_headers=sent, proxy=None) as socket:
        yield socket


def heard(socket: ClientConnection) -> Any:
    """The next event; how many notifications are unread is another test's."""
    while (event := json.loads(socket.recv(timeout=10)))["type"] == "unread":
        pass
    return event


def read_to_the_end(socket: ClientConnection) -> None:
    while True:
        socket.recv(timeout=10)


def test_events_come_through(servers: Stack) -> None:
    user = new_user()
    with opened(servers, servers.worker.url, user) as socket:
        assert heard(socket) == {"type": "ready"}
        with servers.cache.client() as redis:
            redis.publish(channel_of(user), '{"type":"export","id":"1","state":"done"}')
        assert heard(socket) == {"type": "export", "id": "1", "state": "done"}
        socket.send('{"type":"ping"}')
        assert heard(socket) == {"type": "pong"}
        response = socket.response
    assert response is not None
    assert response.headers["x-served-by"] == "realtime"
    line = servers.worker.logged(response.headers["x-request-id"])
    assert (line["route"], line["status"], line["origin"]) == ("GET /api/realtime", 101, "vps-1")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"cookie": None}, 401),
        ({"cookie": "session=forged"}, 401),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": None}, 403),
    ],
)
def test_others_may_not_open_one(servers: Stack, headers: dict[str, str | None], status: int) -> None:
    with pytest.raises(InvalidStatus) as refusal, opened(servers, servers.worker.url, headers=headers):
        pass
    assert refusal.value.response.status_code == status
    assert refusal.value.response.headers["content-type"] == "application/problem+json"


def test_what_is_no_websocket_is_told_to_be_one(servers: Stack, problem: ProblemCheck) -> None:
    with servers.client(servers.token()) as client:
        problem(client.get("/api/realtime"), 426)


def test_the_servers_goodbye_arrives_with_its_code(servers: Stack, database: Sqld, tmp_path: Any) -> None:
    bundle = servers.worker.log.parent
    variables = environment(database, servers.cache, servers.keys, tmp_path)
    with service("realtime", tmp_path, variables) as stopping:
        given = Servers([Server("vps-1", None, stopping.port)], servers.keys)
        (tmp_path / "edge").mkdir()
        with (
            edge(bundle, tmp_path / "edge", database_port=1, token="x", servers=given) as worker,
            opened(servers, worker.url) as socket,
        ):
            assert heard(socket) == {"type": "ready"}
            stopping.process.send_signal(signal.SIGTERM)
            with pytest.raises(ConnectionClosed) as ending:
                read_to_the_end(socket)
            assert ending.value.rcvd is not None
            assert ending.value.rcvd.code == 1012
            assert stopping.process.wait(10) == 0
            # And now there is none.
            headers = {"cookie": f"session={servers.token()}", "origin": worker.url, "upgrade": "websocket"}
            gone = httpx.get(f"{worker.url}/api/realtime", headers=headers, trust_env=False)
            assert gone.status_code == 503


def test_server_sent_events_come_through_one_by_one(
    servers: Stack, database: Sqld, bundle: Path, redis: Redis, tmp_path: Path
) -> None:
    """Each before the next one is caused: nothing on the way gathers them, as the gate would."""
    user = new_user()
    direct = Servers([Server("vps-1", servers.api.port)], servers.keys)
    with (
        edge(
            bundle, tmp_path, database_port=database.port, token=database.token, servers=direct, redis=redis
        ) as worker,
        httpx.Client(base_url=worker.url, timeout=20, trust_env=False) as client,
        client.stream(
            "GET", "/api/notifications/stream", headers={"cookie": f"session={servers.token(user)}"}
        ) as response,
        servers.cache.client() as publisher,
    ):
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream")
        coming = events(response)
        assert next(coming)["data"] == '{"count":0}'
        for count, title in enumerate(("Tide", "Wind"), start=1):
            told = notify(user, "edited", key=title, subject=new_user(), title=title, actor="Eve")
            database.execute(told.sql, told.args)  # type: ignore[arg-type] # no blobs in it
            publisher.publish(channel_of(user), notification_event())
            assert json.loads(next(coming)["data"])["title"] == title
            assert next(coming)["data"] == f'{{"count":{count}}}'
