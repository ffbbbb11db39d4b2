"""Broken frames, of the WebSocket protocol and of ours: no crash, and nobody else notices."""

import random
import socket
import struct

import pytest

from services.common.identity import Identity
from services.common.ids import new_id
from services.realtime import protocol
from services.realtime.document import seed
from tests.support.realtime import Realtime
from tests.support.writer import Writer
from tests.unit.realtime.test_notes import writing


def raw(realtime: Realtime, who: Identity, note: str) -> socket.socket:
    """A connection past its upgrade."""
    target = f"/api/realtime/notes/{note}"
    upgrade = {
        "host": "localhost",
        "connection": "Upgrade",
        "upgrade": "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
        **realtime.door.headers("GET", target, who),
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in upgrade.items())
    opened = socket.create_connection(("127.0.0.1", realtime.service.port), timeout=20)
    opened.sendall(f"GET {target} HTTP/1.1\r\n{lines}\r\n".encode())
    assert opened.recv(12) == b"HTTP/1.1 101"
    return opened


def frame(chance: random.Random, content: bytes) -> bytes:
    """A masked one; now and then with a wrong length, reserved bits or another kind."""
    first = 0x82 if chance.random() < 0.6 else chance.randrange(256)
    length = len(content) if chance.random() < 0.8 else chance.randrange(1 << 16)
    return struct.pack("!BBH4s", first, 0xFE, length, b"\0\0\0\0") + content


def message(chance: random.Random) -> bytes:
    """One of ours, with some bytes changed or cut off."""
    update = seed("Tide", "x" * chance.randrange(50))
    whole = chance.choice(
        [
            protocol.update(update),
            protocol.step_1(b"\x01\x05\x03"),
            protocol.awareness([protocol.Presence(chance.randrange(1 << 30), 1, {"a": 1})]),
            chance.randbytes(chance.randrange(200)),
        ]
    )
    broken = bytearray(whole)
    for _ in range(chance.randrange(4)):
        if broken:
            broken[chance.randrange(len(broken))] = chance.randrange(256)
    return bytes(broken[: chance.randint(0, len(broken))]) if chance.random() < 0.3 else bytes(broken)


def attack(realtime: Realtime, note: str, chance: random.Random) -> None:
    with raw(realtime, Identity(user=new_id(), name="Mallory"), note) as opened:
        try:
            for _ in range(chance.randrange(1, 6)):
                opened.sendall(frame(chance, message(chance)))
            if chance.random() < 0.3:
                opened.sendall(chance.randbytes(chance.randrange(1, 300)))
            opened.shutdown(socket.SHUT_WR)
            while opened.recv(65536):
                pass
        except OSError:
            # Sent away while it was still sending.
            return


def attacked(realtime: Realtime, notes: tuple[str, str], ada: Identity, times: int) -> None:
    """`notes`: the attacked one and another, where somebody writes all the time."""
    target, other = notes
    seconds = random.SystemRandom().randrange(1 << 32)
    chance = random.Random(seconds)  # noqa: S311 - a seed to repeat it with
    with writing(realtime, ada, other) as writer:
        for number in range(times):
            attack(realtime, target, chance)
            if number % 10 == 0:
                writer.write("still ")
                writer.until_saved()
    assert realtime.service.process.poll() is None, f"seed {seconds}"
    # What picows says of frames that are none is no crash.
    crashes = [line for line in realtime.service.lines() if line.get("level") == "error"]
    crashes = [line for line in crashes if not line["message"].startswith("WS parser error")]
    assert crashes == [], f"seed {seconds}"
    with realtime.opened(ada, f"/api/realtime/notes/{target}") as socket_:
        writer = Writer(socket_).come_in()
        writer.write("after all ")
        writer.until_saved()


@pytest.fixture
def notes(realtime: Realtime, note: str) -> tuple[str, str]:
    row = """insert into notes (id, workspace, title, body, created, updated)
      values (:id, 'harbour', 'B', '', 1, 1)"""
    other = new_id()
    realtime.database.execute(row, {"id": other})
    return note, other


def test_broken_frames_crash_nothing_and_nobody_else_notices(
    realtime: Realtime, notes: tuple[str, str], ada: Identity
) -> None:
    attacked(realtime, notes, ada, 60)


@pytest.mark.chaos
def test_thousands_of_broken_frames(realtime: Realtime, notes: tuple[str, str], ada: Identity) -> None:
    attacked(realtime, notes, ada, 5_000)
