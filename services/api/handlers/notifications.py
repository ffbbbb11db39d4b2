"""Notifications by server-sent events, for what can't do WebSockets, and marked as read."""

import asyncio
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

from starlette.types import Message, Receive, Send

from services.api.handlers.call import Call
from services.api.live import Live
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.events import channel_of, notification_event
from services.common.hrana import Row
from services.common.identity import Identity
from services.common.notifications import mark_read
from services.common.problem import Problem
from services.common.tasks import end

STREAMS_OF_ONE_PERSON = 10
HEARTBEAT_SECONDS = 20.0
LIFETIME_SECONDS = 600.0
"""As long as an access token: whoever may no longer come in stays no longer than that."""
QUEUED = 200
"""What may wait for a client that doesn't read, before it is let go; it goes on from the last id it has."""


async def mark_notifications_read(call: Call, tools: Tools) -> Reply:
    """Up to and including an id, on all devices."""
    user = call.caller.user
    unread = await mark_read(tools.database, user, int(call.body["through"]))
    tools.live.publisher.publish_soon(channel_of(user), notification_event())
    return json_reply({"unread": unread})


async def stream_notifications(call: Call, tools: Tools) -> Reply:
    """What came after the query's `after` or the header `last-event-id`, then what comes."""
    live = tools.live
    if live.count(call.caller.user) >= STREAMS_OF_ONE_PERSON:
        raise Problem(429, "There are too many streams of yours.", {"retry-after": "30"})
    given = call.request.header("last-event-id") or str(call.given.query["after"] or "")
    seen = int(given) if given.isascii() and given.isdigit() and len(given) <= 15 else None
    headers = {"content-type": "text/event-stream", "cache-control": "no-store"}
    reader = _Reader(call.caller, seen)
    return _Stream(200, headers, live=live, receive=call.request.receive, reader=reader)


class _Reader:
    """A mailbox's: it keeps what is not yet sent."""

    def __init__(self, identity: Identity, seen: int | None) -> None:
        self.identity, self.seen = identity, seen
        self.events: asyncio.Queue[str] = asyncio.Queue(QUEUED)
        self.ended = asyncio.Event()
        self._unread: int | None = None

    def sign_out(self) -> None:
        self.ended.set()

    def deliver(self, notifications: Sequence[Row], unread: int) -> None:
        for each in notifications:
            text = json.dumps(each, ensure_ascii=False, separators=(",", ":"))
            self._put(f"id: {each['id']}\nevent: notification\ndata: {text}\n\n")
        if unread != self._unread:
            self._unread = unread
            self._put(f'event: unread\ndata: {{"count":{unread}}}\n\n')

    def _put(self, event: str) -> None:
        try:
            self.events.put_nowait(event)
        except asyncio.QueueFull:
            self.ended.set()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stream(Reply):
    live: Live
    receive: Receive
    reader: _Reader

    async def send(self, send: Send, *, head: bool) -> None:
        raw = [(name.encode(), value.encode("latin-1")) for name, value in self.headers.items()]
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        if not head:
            await self._stream(send)
        await send({"type": "http.response.body", "body": b""})

    async def _stream(self, send: Send) -> None:
        user = self.reader.identity.user
        self.live.add(self.reader)
        self.live.mailboxes.open(user, self.reader)
        sending = asyncio.create_task(self._send_events(send))
        endings = [asyncio.create_task(each) for each in (self._gone(), self.live.stopping.wait())]
        endings.append(asyncio.create_task(self.reader.ended.wait()))
        try:
            await asyncio.wait(
                [sending, *endings], timeout=LIFETIME_SECONDS, return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            for task in (sending, *endings):
                await end(task)
            self.live.remove(self.reader)
            await self.live.mailboxes.close(user, self.reader)

    async def _send_events(self, send: Send) -> None:
        # Once at the start: what stands between may wait for a first byte before it passes the head on.
        text = ": hello\n\n"
        while True:
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            text = ": heartbeat\n\n"
            with suppress(TimeoutError):
                text = await asyncio.wait_for(self.reader.events.get(), HEARTBEAT_SECONDS)

    async def _gone(self) -> None:
        message: Message = {"type": ""}
        while message["type"] != "http.disconnect":
            message = await self.receive()
