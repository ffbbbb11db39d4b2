"""People who write in a note together and hear what they are told, while something else happens.

Whoever is sent away comes again, as the page does: an edit that wasn't acknowledged is sent again, and what
was told before the last one heard is not asked for again.
"""

import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection

from services.realtime import codes
from tests.support.people import member, web_socket
from tests.support.writer import Writer

if TYPE_CHECKING:
    from pycrdt import Doc, Text

GOODBYES: set[object] = {codes.COME_IN_AGAIN, codes.RESTART}
"""After which a client comes again (docs/realtime.md)."""
NO_GOODBYE = 1006
"""What RFC 6455 calls the end of a connection that just breaks off."""
WRITERS = ("a", "b")
EDIT_SECONDS, EXPORT_SECONDS = 0.3, 4.0
_LAST_SECONDS = 60.0


@dataclass
class Visit:
    """What came of it. `failures` says of each what happened; `closes` counts the goodbyes by their code."""

    site: str
    note: str
    written: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    """Exports: each is told of once."""
    heard: list[dict[str, str]] = field(default_factory=list)
    closes: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def told(self) -> str:
        heard = {each["subject"] for each in self.heard} & set(self.asked)
        closes = ", ".join(f"{count} with {code}" for code, count in sorted(self.closes.items()))
        return (
            f"{len(self.written)} edits acknowledged, {len(heard)} of {len(self.asked)} events heard;"
            f" connections closed: {closes or 'none'}"
        )

    def lost(self) -> list[str]:
        """What was lost or came twice, read by somebody who comes in afterwards."""
        with self._opened(f"/api/realtime/notes/{self.note}") as socket:
            body = str(Writer(socket).come_in().body)
        there = Counter({each: body.count(each) for each in self.written})
        told = Counter(each["subject"] for each in self.heard)
        return [
            *(f"edit {each} is there {there[each]} times" for each in self.written if there[each] != 1),
            *(f"export {each} was told of {told[each]} times" for each in self.asked if told[each] != 1),
        ]

    def write(self, name: str) -> None:
        doc: Doc[Text] | None = None

        def stay(socket: ClientConnection) -> None:
            nonlocal doc
            writer = Writer(socket, doc) if doc else Writer(socket)
            doc = writer.doc
            writer.come_in().until_saved()
            while not self.ended.wait(EDIT_SECONDS):
                mark = f"<{name}{len(self.written)}>"
                self.written.append(mark)
                writer.write(mark)
                writer.until_saved()

        self._come_again(lambda: f"/api/realtime/notes/{self.note}", stay)

    def hear(self) -> None:
        def stay(socket: ClientConnection) -> None:
            while not (self.ended.is_set() and self._all_heard()):
                event = json.loads(socket.recv(timeout=_LAST_SECONDS))
                if event["type"] == "notification":
                    self.heard.append(event)

        self._come_again(lambda: f"/api/realtime?after={self.heard[-1]['id'] if self.heard else 0}", stay)

    def ask(self) -> None:
        """For something that a job does and tells of."""
        while not self.ended.wait(EXPORT_SECONDS):
            try:
                answer = member(self.site).post("/api/exports", json={"note": self.note})
                self.asked.append(answer.raise_for_status().json()["id"])
            except httpx.HTTPError as error:
                self._failed(f"POST /api/exports: {error}")

    def _all_heard(self) -> bool:
        return {each["subject"] for each in self.heard} >= set(self.asked)

    def _come_again(self, path: Callable[[], str], stay: Callable[[ClientConnection], None]) -> None:
        while True:
            try:
                with self._opened(path()) as socket:
                    stay(socket)
                    return
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd else NO_GOODBYE
                with self._lock:
                    self.closes[code] += 1
                if code not in GOODBYES:
                    self._failed(f"{path()} was closed: {closed}")
            except (InvalidHandshake, OSError) as error:
                self._failed(f"{path()}: {type(error).__name__}: {error}")
                if self.ended.wait(1):
                    return

    def _failed(self, what: str) -> None:
        with self._lock:
            self.failures.append(what)

    @contextmanager
    def _opened(self, path: str) -> Iterator[ClientConnection]:
        with web_socket(self.site, f"session={member(self.site).cookies['session']}", path) as socket:
            yield socket


@contextmanager
def visiting(site: str) -> Iterator[Visit]:
    """They come when the block begins and leave at its end."""
    note = member(site).post("/api/notes", json={"title": "Written meanwhile", "body": ""}).raise_for_status()
    visit = Visit(site, note.json()["id"])
    working: list[Callable[[], None]] = [visit.hear, visit.ask]
    working += [lambda name=name: visit.write(name) for name in WRITERS]  # type: ignore[misc]
    threads = [threading.Thread(target=each) for each in working]
    for thread in threads:
        thread.start()
    try:
        yield visit
    finally:
        visit.ended.set()
        for thread in threads:
            thread.join()
