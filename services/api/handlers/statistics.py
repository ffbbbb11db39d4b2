"""Statistics over the notes of a workspace: more than a simple query, so not for the edge."""

from typing import Any

from services.api.handlers.call import Call
from services.api.reply import Reply, json_reply
from services.api.tools import Tools
from services.common.hrana import Row, Value
from services.common.ids import now_ms

WEEK_MS = 7 * 86_400_000
WEEKS = 8
"""As many are told, the latest ones, beside the busiest."""

SQL = """
with weekly as (
  select created / :week as week, count(*) as notes,
         sum(octet_length(body)) as bytes, max(octet_length(body)) as largest
  from notes where workspace = :workspace group by week
), measured as (
  select week, notes,
         sum(notes) over () as total, sum(bytes) over () as bytes, max(largest) over () as largest,
         sum(notes) over (order by week) as running,
         sum(notes) over (order by week range between 3 preceding and current row) / 4.0 as average,
         row_number() over (order by week desc) as back,
         row_number() over (order by notes desc, week desc) as busy
  from weekly
)
select * from measured where back <= :weeks or busy = 1 order by week
"""


async def read_statistics(call: Call, tools: Tools) -> Reply:
    """How many notes, how large, when the workspace was busiest, and its latest weeks."""
    workspace = str(call.path["workspace"])
    args: dict[str, Value] = {"week": WEEK_MS, "weeks": WEEKS, "workspace": workspace}
    rows = (await tools.database.execute(SQL, args)).rows
    return json_reply({"counted": now_ms(), "workspace": workspace, **_measured(list(rows))})


def _measured(rows: list[Row]) -> dict[str, Any]:
    if not rows:
        return {"notes": 0, "bytes": 0, "largest": 0, "busiest": None, "weeks": []}
    first = rows[0]
    busiest = next(row for row in rows if row["busy"] == 1)
    return {
        "notes": first["total"],
        "bytes": first["bytes"],
        "largest": first["largest"],
        "busiest": {"start": _start(busiest), "notes": busiest["notes"]},
        "weeks": [_week(row) for row in rows if int(row["back"] or 0) <= WEEKS],
    }


def _week(row: Row) -> dict[str, Any]:
    """`running`: notes up to and with this week; `average`: of four weeks up to and with this one."""
    return {"start": _start(row), **{name: row[name] for name in ("notes", "running", "average")}}


def _start(row: Row) -> int:
    """Milliseconds since the epoch, at which the weeks are aligned: they begin on Thursdays, UTC."""
    return int(row["week"] or 0) * WEEK_MS
