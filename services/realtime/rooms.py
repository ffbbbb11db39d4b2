"""The rooms of this process: opened with their first member, folded and closed a while after their last."""

import asyncio
import secrets
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import TYPE_CHECKING

from picows import WSCloseCode

from services.common.hrana import DatabaseFailure
from services.common.ids import now_ms
from services.common.log import write_log
from services.common.roles import RANK
from services.common.tasks import end
from services.realtime import codes
from services.realtime.neighbours import Neighbour, Neighbourhood
from services.realtime.room import Room
from services.realtime.store import NoSuchNote, NoteStore

if TYPE_CHECKING:
    from services.common.live.hub import Hub
    from services.common.live.publisher import Publisher
    from services.realtime.connections import Connections
    from services.realtime.seat import Seat

LEFT_AFTER_MS = 60_000
"""What nobody has folded for so long may be of a process that died: rooms fold their log when they close."""
LEFT_AT_ONCE = 20


@dataclass(frozen=True, eq=False)
class Open:
    room: Room
    neighbour: Neighbour


class Rooms:
    def __init__(
        self, store: NoteStore, connections: "Connections", hub: "Hub", publisher: "Publisher"
    ) -> None:
        self._store, self._connections, self._hub = store, connections, hub
        self._limits = connections.limits
        self._neighbours = Neighbourhood(publisher, process=secrets.token_hex(8))
        self._open: dict[str, Open] = {}
        self._closing: set[Open] = set()
        self._waiting: dict[str, set[Seat]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, note: str, seat: "Seat") -> None:
        """Seats it as soon as the room is loaded."""
        if (opened := self._open.get(note)) is not None:
            self._seat(opened.room, seat)
        elif note in self._waiting:
            self._waiting[note].add(seat)
        elif len(self._open) + len(self._waiting) >= self._limits.rooms:
            seat.close(codes.TRY_LATER, "there are too many notes open")
        else:
            self._waiting[note] = {seat}
            self._do(self._load(note))

    def leave(self, note: str, seat: "Seat") -> None:
        self._waiting.get(note, set()).discard(seat)
        if (opened := self._open.get(note)) is not None:
            opened.room.leave(seat)
            self._close_if_left(opened)

    async def settle(self) -> None:
        """Until all that has come is durable, or it takes too long."""
        settling = [asyncio.create_task(each.room.settle()) for each in self._open.values()]
        if settling:
            _, late = await asyncio.wait(settling, timeout=self._limits.settle_seconds)
            for each in late:
                each.cancel()

    async def stop(self) -> None:
        await self.settle()
        for task in [*self._tasks]:
            await end(task)
        for each in self._open.values():
            await each.room.stop()

    async def look_around(self) -> None:
        """Until cancelled: sees to what nobody told of, and to what processes that died have left."""
        while True:
            await asyncio.sleep(self._limits.look_seconds)
            self._look_at_neighbours()
            try:
                for note in await self._store.left(now_ms() - LEFT_AFTER_MS, LEFT_AT_ONCE):
                    if note not in self._open:
                        await self._fold(note)
            except DatabaseFailure as failure:
                write_log("left", tier="realtime", failure=failure.message)

    def _look_at_neighbours(self) -> None:
        # Not in the loop that waits: its last room would be held until there is another.
        for each in self._open.values():
            each.neighbour.look()

    async def _fold(self, note: str) -> None:
        room = Room(note, self._store, self._neighbours, self._limits)
        try:
            await room.load()
            await room.retire()
        except NoSuchNote:
            pass
        finally:
            await room.stop()

    async def _load(self, note: str) -> None:
        room = Room(note, self._store, self._neighbours, self._limits)
        try:
            await room.load()
        except NoSuchNote:
            self._turn_away(note, codes.NO_SUCH_NOTE, "there is no such note")
            return
        except DatabaseFailure as failure:
            write_log("unopened", tier="realtime", failure=failure.message)
            self._turn_away(note, codes.TRY_LATER, "the database does not answer")
            return
        except BaseException as error:
            # A defect of ours; nobody waits for a room that never opens.
            self._turn_away(note, codes.TRY_LATER, "the note can't be opened")
            if not isinstance(error, asyncio.CancelledError):
                write_log("unopened", tier="realtime", level="error", failure=type(error).__name__)
            raise
        opened = self._open[note] = Open(room, self._neighbours.listener(room))
        self._hub.add(opened.neighbour)
        for seat in self._waiting.pop(note):
            self._seat(room, seat)
        self._close_if_left(opened)

    def _turn_away(self, note: str, code: WSCloseCode, reason: str) -> None:
        for seat in self._waiting.pop(note):
            seat.close(code, reason)

    def _seat(self, room: Room, seat: "Seat") -> None:
        if seat.workspace is None:
            if self._connections.is_full_in(room.workspace):
                seat.close(codes.TRY_LATER, "the workspace has too many connections")
                return
            # Before it is asked for its role: whoever loses that meanwhile is found here.
            self._connections.settle(seat, room.workspace)
        self._do(self._ask(room, seat))

    async def _ask(self, room: Room, seat: "Seat") -> None:
        """The database, not the access token: that knows the person's roles of some minutes ago."""
        try:
            role = await self._store.role(room.workspace, seat.identity.user)
        except DatabaseFailure:
            seat.close(codes.TRY_LATER, "the database does not answer")
            return
        if (opened := self._open.get(room.note)) is not None:
            self._seat_as(opened.room, seat, role)
        elif seat.is_open:
            # It was the last moment of the room's.
            self.enter(room.note, seat)

    def _seat_as(self, room: Room, seat: "Seat", role: str | None) -> None:
        """Members read, editors write; in an open workspace whoever is signed in."""
        if not seat.is_open:
            return
        if role is None and not room.is_open:
            seat.close(codes.NOT_ALLOWED, "the note is of a workspace that is not yours")
            return
        seat.role = role
        seat.may_write = room.is_open or RANK.get(role or "", -1) >= RANK["editor"]
        room.enter(seat)
        seat.seat(room)

    def _close_if_left(self, opened: Open) -> None:
        # By one alone: another would wait for the writer of a room that the first has stopped.
        if not opened.room.members and opened not in self._closing:
            self._closing.add(opened)
            self._do(self._close_later(opened))

    async def _close_later(self, opened: Open) -> None:
        try:
            await self._close_once_left(opened)
        finally:
            self._closing.discard(opened)

    async def _close_once_left(self, opened: Open) -> None:
        room = opened.room
        while not room.members and self._open.get(room.note) is opened:
            await asyncio.sleep(self._limits.linger_seconds)
            if room.members or not await self._retired(room):
                continue
            if not room.members and self._open.get(room.note) is opened:
                del self._open[room.note]
                self._hub.remove(opened.neighbour)
                await room.stop()

    async def _retired(self, room: Room) -> bool:
        try:
            await room.retire()
        except DatabaseFailure as failure:
            write_log("unfolded", tier="realtime", failure=failure.message)
            return False
        return True

    def _do(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
