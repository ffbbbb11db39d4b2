"""The clean-up job: what has ended long ago goes."""

from collections.abc import Sequence

from services.common.hrana import Statement
from services.common.ids import DAY_MS, now_ms
from services.jobs.work import Kind, Work

ENDED_MS = 7 * DAY_MS
"""Longer than a schedule's slot is made up for: its key must outlive that."""

REPEATED_MS = DAY_MS
"""A request may be repeated with its idempotency key for as long."""

ENDED = "delete from jobs where state in ('done', 'refused', 'cancelled') and finished < :before"
SESSIONS = "delete from sessions where expires < :now"
INVITATIONS = "delete from invitations where expires < :now"
EXPORTS = "delete from exports where finished < :before"
LEFT = (
    "delete from effects where job not in (select id from jobs where state in ('queued', 'running', 'dead'))"
)
"""Steps of jobs that were refused or cancelled on the way."""
KEYS = "delete from idempotency where now < :before"


async def clean_up(_work: Work) -> Sequence[Statement]:
    now = now_ms()
    before = {"before": now - ENDED_MS}
    return [
        Statement(ENDED, before),
        Statement(EXPORTS, before),
        Statement(LEFT, {}),
        Statement(KEYS, {"before": now - REPEATED_MS}),
        Statement(SESSIONS, {"now": now}),
        Statement(INVITATIONS, {"now": now}),
    ]


CLEAN_UP = Kind(clean_up, seconds=120)
