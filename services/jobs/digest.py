"""The digest job: per workspace how many notes, how many lately, and the newest.

Counting reads every row of an index, so it is done where there is a new note, or once an hour; else only the
time of the look is written, to one row: the latest of all is the digest's.
"""

from collections.abc import Sequence

from services.common.events import EVERYBODY, digest_event
from services.common.hrana import Statement, Value
from services.common.ids import id_at, now_ms
from services.jobs.work import Kind, Work

RECENT_MS = 7 * 86_400_000
COUNT_AGAIN_MS = 3_600_000

STATE = """select (select max(rowid) from notes) as last,
  (select max(through) from digest) as through, (select min(counted) from digest) as counted"""
COUNT = """insert into digest (workspace, notes, recent, newest, title, through, counted, refreshed)
select each.workspace, each.notes, each.recent, each.newest, notes.title, :last, :now, :now
from (
  select workspace, count(*) as notes, sum(id >= :recent) as recent, max(id) as newest
  from notes group by workspace
) as each join notes on notes.id = each.newest
where true
on conflict (workspace) do update set notes = excluded.notes, recent = excluded.recent,
  newest = excluded.newest, title = excluded.title, through = excluded.through, counted = excluded.counted,
  refreshed = excluded.refreshed"""
FORGET = "delete from digest where counted < :now"
LOOK = "update digest set refreshed = :now where workspace = (select min(workspace) from digest)"
"""One row, whatever the number of workspaces: every row written each minute is paid for."""


async def refresh(work: Work) -> Sequence[Statement]:
    """Counts where there is something new to count."""
    now = now_ms()
    [state] = (await work.database.execute(STATE)).rows
    fresh = state["last"] == state["through"] and _age(now, state["counted"]) < COUNT_AGAIN_MS
    return [Statement(LOOK, {"now": now})] if fresh else _count(now, state["last"])


async def tell(work: Work) -> None:
    await work.publisher.publish(EVERYBODY, digest_event(now_ms()))


def _age(now: int, counted: Value) -> int:
    return now - counted if isinstance(counted, int) else COUNT_AGAIN_MS


def _count(now: int, last: Value) -> list[Statement]:
    # Ids are in the order of time, so the index over them tells what is recent.
    count = Statement(COUNT, {"now": now, "recent": id_at(now - RECENT_MS), "last": last})
    return [count, Statement(FORGET, {"now": now})]


DIGEST = Kind(refresh, afterwards=tell)
