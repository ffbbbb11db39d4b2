"""Who gets the daily digest by email: whoever asks for it."""

from infra.routes.limits import READS, WRITES
from infra.routes.route import Nothing, One, Route, Row, Session


class DigestReader(Row):
    wanted: int


read_digest_wish = Route(
    "GET /api/me/digest",
    tier="server",
    access=Session(),
    rate_limits=(READS,),
    sql="select exists (select 1 from digest_readers where user = :caller) as wanted",
    returns=One(DigestReader),
)

want_digest = Route(
    "PUT /api/me/digest",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    sql="insert into digest_readers (user) values (:caller) on conflict do nothing",
    returns=Nothing(),
)

end_digest = Route(
    "DELETE /api/me/digest",
    tier="server",
    access=Session(),
    rate_limits=(WRITES,),
    sql="delete from digest_readers where user = :caller",
    returns=Nothing(),
)
