"""Notifications: kept, each with an id in the order of writing; whoever is connected is nudged to read on.

Writing is a statement for the transaction of what it tells of, so that neither is without the other. The
nudge may be lost: who was away reads from the last id seen.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from services.common.events import Publisher, channel_of, notification_event
from services.common.hrana import Database, Row, Statement
from services.common.ids import now_ms

NOTIFY = """insert into notifications (user, kind, key, subject, title, actor, created)
values (:user, :kind, :key, :subject, :title, :actor, :created) on conflict do nothing"""
SINCE = """select id, kind, subject, title, actor, created, read from notifications
where user = :user and id > :since order by id limit :limit"""
STANDING = """select (select count(*) from notifications where user = :user and read is null) as unread,
  coalesce((select max(id) from notifications where user = :user), 0) as last"""
READ = "update notifications set read = :now where user = :user and id <= :through and read is null"

AT_ONCE = 100


def notify(user: str, kind: str, *, key: str, subject: str, title: str, actor: str = "") -> Statement:
    """Writes a notification, unless this person was told of `key` before."""
    about = {"user": user, "kind": kind, "key": key, "subject": subject, "title": title, "actor": actor}
    return Statement(NOTIFY, {**about, "created": now_ms()})


async def nudge(publisher: Publisher, user: str) -> None:
    """Tells the person's connections that something is new."""
    await publisher.publish(channel_of(user), notification_event())


@dataclass(frozen=True)
class Standing:
    """What is new, how many are unread, and the id of the last one that there is."""

    new: Sequence[Row]
    unread: int
    last: int


async def read_on(database: Database, user: str, since: int) -> Standing:
    """What came after the one with the id `since`, at most AT_ONCE. Raises DatabaseFailure."""
    new, [standing] = [
        result.rows
        for result in await database.snapshot(
            [
                Statement(SINCE, {"user": user, "since": since, "limit": AT_ONCE}),
                Statement(STANDING, {"user": user}),
            ]
        )
    ]
    return Standing(new, int(standing["unread"] or 0), int(standing["last"] or 0))


async def mark_read(database: Database, user: str, through: int) -> int:
    """Everything up to and including the id `through`; gives how many are left. Raises DatabaseFailure."""
    marking = Statement(READ, {"user": user, "through": through, "now": now_ms()})
    _, [standing] = [
        result.rows for result in await database.transaction([marking, Statement(STANDING, {"user": user})])
    ]
    return int(standing["unread"] or 0)
