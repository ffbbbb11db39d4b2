"""Notifications: the latest ones, a stream of what comes, and what was read."""

from typing import Annotated

from pydantic import Field

from infra.routes.fields import Limit, Milliseconds
from infra.routes.limits import READS, WRITES
from infra.routes.route import Content, Handler, Input, Many, One, Route, Row, Session

NotificationId = Annotated[int, Field(description="a whole number", ge=0, le=2**53 - 1)]


class NotificationPage(Input):
    """A page of notifications, the newest first."""

    before: NotificationId | None = None
    limit: Limit = 20


class ReadThrough(Input):
    """The id of the last notification that was read."""

    through: NotificationId


class Seen(Input):
    """The id of the last notification that the client has."""

    after: NotificationId | None = None


class Notification(Row, many="notifications"):
    id: NotificationId
    kind: str
    subject: str
    title: str
    actor: str
    created: Milliseconds
    read: Milliseconds | None


class Unread(Row):
    """How many are left."""

    unread: int


list_notifications = Route(
    "GET /api/notifications",
    tier="edge",
    access=Session(),
    rate_limits=(READS,),
    sql="""select id, kind, subject, title, actor, created, read from notifications
      where user = :caller and id < coalesce(:before, 9007199254740991) order by id desc limit :limit""",
    params=NotificationPage,
    returns=Many(Notification),
)

mark_notifications_read = Route(
    "POST /api/notifications/read",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    handler=Handler("mark_notifications_read", on="server"),
    body=ReadThrough,
    returns=One(Unread),
)

stream_notifications = Route(
    "GET /api/notifications/stream",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    handler=Handler("stream_notifications", on="server"),
    params=Seen,
    returns=Content("text/event-stream"),
)
