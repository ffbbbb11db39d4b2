"""Request ids: one for the same request on every tier, for logs and problem documents."""

import re
import uuid

# As services/edge/src/stages.ts: taken over only if it can do no harm in a header or a log.
_SANE = re.compile(r"[A-Za-z0-9._-]{8,64}")


def request_id(inbound: str | None) -> str:
    """The inbound one if it is sane, else a new one."""
    return inbound if inbound is not None and _SANE.fullmatch(inbound) else str(uuid.uuid4())
