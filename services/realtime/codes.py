"""Why a connection is closed: WebSocket close codes. docs/realtime.md says what a client does about each."""

from typing import cast

from picows import WSCloseCode


def _own(code: int) -> WSCloseCode:
    """From the range that RFC 6455 leaves to applications; picows takes any number."""
    return cast("WSCloseCode", code)


COME_IN_AGAIN = WSCloseCode.GOING_AWAY
UNSUPPORTED = WSCloseCode.UNSUPPORTED_DATA
BAD_UPDATE = WSCloseCode.INVALID_TEXT
AGAINST_THE_RULES = WSCloseCode.POLICY_VIOLATION
TOO_LARGE = WSCloseCode.MESSAGE_TOO_BIG
RESTART = WSCloseCode.SERVICE_RESTART
TRY_LATER = WSCloseCode.TRY_AGAIN_LATER
SIGNED_OUT = _own(4401)
NOT_ALLOWED = _own(4403)
NO_SUCH_NOTE = _own(4404)
TOO_SLOW = _own(4408)
NOTE_FULL = _own(4413)
