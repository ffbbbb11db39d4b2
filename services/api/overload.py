"""Sheds what is more than the api can do in time: told to come back, before any work is done for it."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.api.request import header
from services.common.problem import Problem

SHORT_BODY_BYTES = 64 * 1024
RETRY_AFTER_SECONDS = 2


class Overload:
    """At most `most` requests at a time, and as many with long bodies, which last as their sender likes.

    Raises Problem 503 beyond. A stream of events counts until it has begun: from then on it does nothing.
    """

    def __init__(self, app: ASGIApp, most: int) -> None:
        self._app, self._most = app, most
        self._short, self._long = set[object](), set[object]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        going, request = self._long if _has_long_body(scope) else self._short, object()
        if len(going) >= self._most:
            retry = {"retry-after": str(RETRY_AFTER_SECONDS)}
            raise Problem(503, "The server has too much to do right now. Try again shortly.", retry)

        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_event_stream(message):
                going.discard(request)
            await send(message)

        going.add(request)
        try:
            await self._app(scope, receive, sending)
        finally:
            going.discard(request)


def _has_long_body(scope: Scope) -> bool:
    """Also where its length is not told."""
    length = header(scope, "content-length")
    if length is None:
        return header(scope, "transfer-encoding") is not None
    return not length.isdecimal() or int(length) > SHORT_BODY_BYTES


def _is_event_stream(message: Message) -> bool:
    return (b"content-type", b"text/event-stream") in {
        (name.lower(), value.partition(b";")[0].strip().lower()) for name, value in message["headers"]
    }
