"""With as much to do as it can, the api sheds what comes, and takes requests again as soon as it can."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

from services.api.handlers.accounts import sign_in
from services.api.passwords import AT_ONCE, WAITING, Passwords
from services.common.problem import Problem
from tests.support.problem import check_problem
from tests.support.process import until
from tests.support.services import FrontDoor, service
from tests.unit.api.conftest import Api

MOST = 3
TARGET = "/api/sign-in"
READS = "/api/workspaces"


@pytest.fixture(scope="module")
def busy(api: Api) -> Iterator[FrontDoor]:
    """An api that does little at a time."""
    with service("api", api.folder, {**api.variables, "MOST_REQUESTS": str(MOST)}) as process:
        yield FrontDoor(process, api.door.key)


@contextmanager
def unfinished(door: FrontDoor, length: int) -> Iterator[None]:
    """A request that is in progress as long as the block lasts: its body doesn't come."""
    lines = [f"{name}: {value}" for name, value in door.headers("POST", TARGET).items()]
    head = [f"POST {TARGET} HTTP/1.1", "host: api", "content-type: application/json", *lines]
    with socket.create_connection(("127.0.0.1", door.service.port)) as connection:
        connection.sendall("\r\n".join([*head, f"content-length: {length}", "", "{"]).encode())
        yield


def test_what_is_too_much_is_shed_before_any_work(api: Api, busy: FrontDoor) -> None:
    with ExitStack() as stack:
        for _ in range(MOST):
            stack.enter_context(unfinished(busy, 20))
        until(lambda: busy.ask("GET", READS).status_code == 503 or None, "requests are shed")
        with api.gate.counted() as asked:
            answer = busy.ask("GET", READS)
        assert str(check_problem(answer, 503)["detail"]).startswith("The server has too much to do")
        assert (answer.headers["retry-after"], asked) == ("2", [])
        # The check on the host must not have it restarted for being busy.
        assert busy.ask("GET", "/healthz").status_code == 200
    until(lambda: busy.ask("GET", READS).status_code == 401 or None, "requests are taken again")


def test_long_uploads_do_not_stand_in_the_way(busy: FrontDoor) -> None:
    with ExitStack() as stack:
        for _ in range(MOST + 1):
            stack.enter_context(unfinished(busy, 1_000_000))
        assert {busy.ask("GET", READS).status_code for _ in range(10)} == {401}


async def test_who_would_wait_too_long_to_sign_in_is_told_so_before_the_database_is_asked() -> None:
    passwords = Passwords()
    tools: Any = SimpleNamespace(passwords=passwords, database=None)
    waiting = [asyncio.create_task(passwords.hash("x")) for _ in range(AT_ONCE + WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Problem) as refusal:
        await sign_in(SimpleNamespace(body={}), tools)  # type: ignore[arg-type]
    assert (refusal.value.status, refusal.value.headers["retry-after"]) == (503, "2")
    for each in waiting:
        each.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    passwords.require_room()
