"""A room: one note's document, who is in it, and the way of an edit.

An edit goes to everybody at once and to the store; it is acknowledged when the store has it. While one write
is under way the next edits gather, and go together. What was not acknowledged its client still has, and sends
again: a process may die at any moment.
"""

import asyncio
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from picows import WSCloseCode

from services.common.hrana import DatabaseFailure, Statement
from services.common.identity import Identity
from services.common.log import write_log
from services.common.tasks import end
from services.realtime import codes, protocol
from services.realtime.document import Document, merged
from services.realtime.limits import Limits
from services.realtime.merge import carried, edit_between
from services.realtime.presence import NotYours, Presences
from services.realtime.protocol import Awareness, Presence, Step1, Step2, Update
from services.realtime.store import NoSuchNote, NoteStore, wrote
from services.realtime.updates import BadUpdate, SomethingMissing, read_state

FIRST_RETRY_SECONDS = 0.1
LONGEST_RETRY_SECONDS = 5.0


class Member(Protocol):
    """One connection in the room."""

    @property
    def identity(self) -> Identity: ...
    @property
    def behind(self) -> bool:
        """Whether it reads slower than it is sent to: then it is sent nothing until it has caught up."""
        ...

    @property
    def may_write(self) -> bool: ...

    asked: bytes | None
    """The state from which it has asked for everything, and is not yet answered."""
    missed: bytes | None
    """The state from which it has missed updates."""

    def answer(self, message: bytes) -> None:
        """What it has asked for."""
        ...

    def send(self, message: bytes) -> None: ...
    def acknowledge(self, count: int) -> None:
        """The first `count` updates of it are durable."""
        ...

    def close(self, code: WSCloseCode, reason: str) -> None: ...


class Neighbours(Protocol):
    """The rooms of the same note in other processes."""

    def tell_written(self, note: str) -> None: ...
    def nudge(self, users: Iterable[str]) -> None:
        """They have new notifications."""
        ...

    def tell_presence(self, note: str, presences: Sequence[Presence]) -> None: ...


@dataclass(frozen=True)
class Edit:
    """`number`: how many updates its member has sent with it."""

    member: Member
    number: int
    update: bytes


class Room:
    """`loaded` is set once the document is here; until then members only wait."""

    def __init__(self, note: str, store: NoteStore, neighbours: Neighbours, limits: Limits) -> None:
        self.note, self.workspace, self.is_open = note, "", False
        self.members: dict[Member, int] = {}
        """With the number of updates that each has sent."""
        self.loaded = asyncio.Event()
        self._store, self._neighbours, self._limits = store, neighbours, limits
        self._document = Document()
        self._presences = Presences()
        self._state = self._document.state()
        """The document's at the last broadcast."""
        self._fresh: list[Edit] = []
        self._news: list[Presence] = []
        self._unsaved: list[Edit] = []
        self._unsaved_bytes = 0
        self._through = 0
        self._log_length = self._log_bytes = self._size = 0
        self._shown_later: asyncio.TimerHandle | None = None
        self._writers: set[str] = set()
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._look = False
        self._show = False
        self._shown = ("", "")
        """Title and body that the note's row was last known to say."""
        self._broadcasting: asyncio.Handle | None = None
        self._writing: asyncio.Task[None] | None = None

    # -- its life

    async def load(self) -> None:
        """Raises NoSuchNote and DatabaseFailure."""
        loaded = await self._store.load(self.note)
        for each in loaded.updates:
            self._document.apply(each)
        self.workspace, self.is_open, self._through = loaded.workspace, loaded.is_open, loaded.through
        self._shown = self._document.title, self._document.body
        self._show = True
        self._wake_up()
        self._log_length = len(loaded.updates) - 1
        self._size = sum(map(len, loaded.updates))
        self._state = self._document.state()
        self._writing = asyncio.create_task(self._write())
        self.loaded.set()

    async def settle(self) -> None:
        """Until everything is durable, and the note's row says what the document says."""
        self._broadcast()
        self._show = True
        self._wake_up()
        await self._idle.wait()

    async def retire(self) -> None:
        """Settles and folds the log: whoever opens the note next reads one state."""
        await self.settle()
        if self._log_length:
            await self._fold()

    async def stop(self) -> None:
        for handle in (self._shown_later, self._broadcasting):
            if handle is not None:
                handle.cancel()
        if self._writing is not None:
            await end(self._writing)

    # -- members

    def enter(self, member: Member) -> None:
        """A member of a loaded room: if it may write, it is asked what it has that is not here."""
        self.members[member] = 0
        member.send(protocol.access(may_write=member.may_write))
        if member.may_write:
            member.send(protocol.step_1(self._state))
        present = self._presences.everybody()
        if present:
            member.send(protocol.awareness(present))

    def leave(self, member: Member) -> None:
        if self.members.pop(member, None) is not None:
            self._tell(self._presences.leave(member))

    def receive(self, member: Member, frame: bytes) -> None:
        """One message of a member."""
        try:
            match protocol.decode(frame):
                case Step1(state):
                    self._ask(member, state)
                case Step2() | Update() as update:
                    self._take(member, update)
                case Awareness() if len(frame) > self._limits.presence_bytes:
                    member.close(codes.AGAINST_THE_RULES, "too much presence")
                case Awareness(presences):
                    now = time.monotonic()
                    self._tell(self._presences.tell(member, member.identity, presences, now))
        except protocol.NotAMessage:
            member.close(codes.AGAINST_THE_RULES, "not a message of this service")
        except NotYours:
            member.close(codes.AGAINST_THE_RULES, "somebody else's presence")
        except BadUpdate:
            member.close(codes.BAD_UPDATE, "not a Yjs update of this note")
        except SomethingMissing:
            _send_back(member)

    def _ask(self, member: Member, state: bytes) -> None:
        """Answered at the loop's next turn, and not before it has read what waits: many at once are one."""
        read_state(state)
        if member.asked is None:
            asyncio.get_running_loop().call_soon(self.catch_up, member)
        member.asked = state

    def catch_up(self, member: Member) -> None:
        """What a member that reads has asked for, and what it has missed, each in one piece."""
        if member.behind:
            return
        if member.asked is not None:
            since, member.asked = member.asked, None
            member.answer(protocol.step_2(self._document.since(since)))
        if member.missed is not None:
            since, member.missed = member.missed, None
            member.send(protocol.update(self._document.since(since)))
            member.send(protocol.awareness(self._presences.everybody()))

    # -- edits

    def _take(self, member: Member, update: Step2 | Update) -> None:
        content = update.content
        if not member.may_write:
            member.close(codes.NOT_ALLOWED, "you may only read this note")
            return
        if isinstance(update, Step2) and self._is_durable(content):
            self.members[member] += 1
            member.acknowledge(self.members[member])
            return
        if self._size + len(content) > self._limits.document_bytes:
            member.close(codes.NOTE_FULL, "the note is full")
            return
        if self._unsaved_bytes + len(content) > self._limits.unsaved_bytes:
            member.close(codes.TRY_LATER, "the database does not answer")
            return
        kept = self._document.take(content)
        self.members[member] += 1
        self._size += len(kept)
        self._unsaved_bytes += len(kept)
        self._fresh.append(Edit(member, self.members[member], kept))
        self._broadcast_soon()

    def _is_durable(self, update: bytes) -> bool:
        """What a client has that comes in again, as a rule."""
        return not self._fresh and not self._unsaved and self._document.holds(update)

    def _broadcast_soon(self) -> None:
        """At the loop's next turn, together with all that comes until then."""
        if self._broadcasting is None:
            self._broadcasting = asyncio.get_running_loop().call_soon(self._broadcast)

    def _broadcast(self) -> None:
        if self._broadcasting is not None:
            self._broadcasting.cancel()
            self._broadcasting = None
        fresh, self._fresh = self._fresh, []
        news, self._news = self._news, []
        if fresh:
            fresh = self._without_gaps(fresh)
        if fresh:
            self._send_updates([each.update for each in fresh], {each.member for each in fresh})
            self._unsaved += fresh
            self._wake_up()
        if news:
            message = protocol.awareness(news)
            for member in self.members:
                if not member.behind:
                    member.send(message)

    def _without_gaps(self, fresh: list[Edit]) -> list[Edit]:
        """Less those that build on what isn't here: their clients come in again, and send it all."""
        if not self._document.lacks_what_precedes(merged([each.update for each in fresh])):
            return fresh
        lacking = [each for each in fresh if self._document.lacks_what_precedes(each.update)]
        for each in lacking:
            self._unsaved_bytes -= len(each.update)
            _send_back(each.member)
        return [each for each in fresh if each not in lacking]

    def _send_updates(self, updates: Sequence[bytes], authors: set[Member]) -> None:
        """The same bytes to everybody but the only author."""
        message = protocol.update(merged(updates))
        before, self._state = self._state, self._document.state()
        alone = next(iter(authors)) if len(authors) == 1 else None
        for member in self.members:
            if member.behind:
                member.missed = member.missed or before
            elif member is not alone:
                member.send(message)

    def _tell(self, news: Sequence[Presence], *, neighbours: bool = True) -> None:
        if news:
            self._news += news
            self._broadcast_soon()
            if neighbours:
                self._neighbours.tell_presence(self.note, news)

    # -- the store

    def _wake_up(self) -> None:
        self._idle.clear()
        self._wake.set()

    async def _write(self) -> None:
        """Until cancelled: one write after the other, each with all that has gathered."""
        retry = FIRST_RETRY_SECONDS
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self._write_all()
                retry = FIRST_RETRY_SECONDS
            except NoSuchNote:
                self._unsaved, self._unsaved_bytes = [], 0
                for member in list(self.members):
                    member.close(codes.NO_SUCH_NOTE, "there is no such note")
            except Exception as error:
                # Whatever it is: nobody else would save what waits.
                failure = error.message if isinstance(error, DatabaseFailure) else type(error).__name__
                write_log("unsaved", tier="realtime", updates=len(self._unsaved), failure=failure)
                await asyncio.sleep(retry)
                retry = min(2 * retry, LONGEST_RETRY_SECONDS)
                self._look = self._show = True
                self._wake.set()
            if not self._wake.is_set():
                self._idle.set()

    async def _write_all(self) -> None:
        while self._unsaved:
            await self._save()
        if self._look:
            self._look = False
            written = await self._store.since(self.note, self._through)
            self._take_over(written.updates, written.through)
        if self._log_length > self._limits.log_updates or self._log_bytes > self._limits.log_bytes:
            await self._fold()
        if self._show and not self._unsaved:
            self._show = False
            await self._show_row()

    async def _show_row(self) -> None:
        """Makes the note's row say what the document says; what was edited there first becomes an update."""
        title, body = self._document.title, self._document.body
        edited = await self._store.show(self.note, title, body, self._through)
        if edited is None:
            self._shown = title, body
            return
        new_title = (
            None if edited.title == self._shown[0] else edit_between(self._document.raw_title, edited.title)
        )
        update = self._document.edited(new_title, carried(self._shown[1], edited.body, self._document.body))
        written = await self._store.adopt(self.note, update, edited.updated, self._through)
        self._shown = edited.title, edited.body
        self._take_over(written.updates, written.through)
        self._neighbours.tell_written(self.note)

    async def _save(self) -> None:
        """Writes what has gathered, then acknowledges it."""
        batch = tuple(self._unsaved)
        update = merged([each.update for each in batch])
        also = [each for author in self._new_writers(batch) for each in self._wrote(author)]
        written = await self._store.append(self.note, update, self._through, also)
        self._unsaved = self._unsaved[len(batch) :]
        self._unsaved_bytes -= sum(len(each.update) for each in batch)
        self._log_bytes += len(update)
        self._acknowledge(batch)
        self._writers.update(each.member.identity.user for each in batch)
        self._neighbours.nudge(written.told)
        self._take_over([each for each in written.updates if each != update], written.through)
        self._neighbours.tell_written(self.note)

    def _new_writers(self, batch: Sequence[Edit]) -> Sequence[Identity]:
        """Those who write for the first time since the room was opened."""
        authors = {each.member.identity.user: each.member.identity for each in batch}
        return [identity for user, identity in authors.items() if user not in self._writers]

    def _wrote(self, identity: Identity) -> Sequence[Statement]:
        present = sorted({member.identity.user for member in self.members})
        return wrote(self.note, identity, self._document.title, present)

    def _acknowledge(self, batch: Sequence[Edit]) -> None:
        for member, number in {each.member: each.number for each in batch}.items():
            if member in self.members:
                member.acknowledge(number)

    def _take_over(self, others: Sequence[bytes], through: int) -> None:
        """Updates that another process has written."""
        self._log_length += through - self._through
        self._through = through
        if others:
            for each in others:
                self._document.apply(each)
                self._size += len(each)
            self._send_updates(others, set())
        self._show_soon()

    def _show_soon(self) -> None:
        if self._shown_later is None:
            loop = asyncio.get_running_loop()
            self._shown_later = loop.call_later(self._limits.show_seconds, self._show_now)

    def _show_now(self) -> None:
        self._shown_later, self._show = None, True
        self._wake_up()

    async def _fold(self) -> None:
        through, state = self._through, self._document.whole()
        await self._store.fold(self.note, state, through)
        self._log_length, self._log_bytes = self._through - through, 0
        self._size = len(state) + self._unsaved_bytes

    # -- neighbours

    def look(self) -> None:
        """Others may have written, to the document or to the note's row."""
        self._look = self._show = True
        self._wake_up()

    def hear_presence(self, owner: object, presences: Sequence[Presence]) -> None:
        news = self._presences.hear(owner, presences, time.monotonic())
        self._tell(news, neighbours=False)

    def forget_silent(self, owner: object, seconds: float) -> None:
        """A process that died says no goodbye for its members."""
        silent_since = time.monotonic() - seconds
        self._tell(self._presences.leave(owner, silent_since=silent_since), neighbours=False)


def _send_back(member: Member) -> None:
    """It comes in again, and tells all it has."""
    member.close(codes.COME_IN_AGAIN, "something before this update is missing")
